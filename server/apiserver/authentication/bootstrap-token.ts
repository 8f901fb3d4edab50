/** Bootstrap tokens: `<id>.<secret>`, kept as Secrets of type bootstrap.kubernetes.io/token in kube-system. */
import { createHash, timingSafeEqual } from "node:crypto";
import { parseTime } from "#apimachinery/time.ts";
import type { UserInfo } from "#apiserver/attributes.ts";
import { getObject, type ObjectReads } from "#apiserver/object-reads.ts";
import { type Secret, secrets } from "#gen/api/core/v1.ts";
import type { TokenAuthenticator } from "./token-authenticator.ts";

const tokenShape = /^([a-z0-9]{6})\.([a-z0-9]{16})$/;
const groupShape = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/;
const secretType = "bootstrap.kubernetes.io/token";
const defaultGroup = "system:bootstrappers";

function text(secret: Secret, key: string): string {
  return Buffer.from(secret.data?.[key] ?? "", "base64").toString("utf8");
}

function same(a: string, b: string): boolean {
  const digest = (value: string) => createHash("sha256").update(value).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Absent: for ever. Unreadable: expired, as upstream reads it. */
function isExpired(secret: Secret, now: Date): boolean {
  const expiration = text(secret, "expiration");
  if (expiration === "") return false;
  const time = parseTime(expiration);
  return time === undefined || time <= now;
}

/** undefined when one of the extra groups is outside system:bootstrappers. */
function groupsOf(secret: Secret): readonly string[] | undefined {
  const extra = text(secret, "auth-extra-groups");
  if (extra === "") return [defaultGroup];
  const groups = extra.split(",").map((group) => group.trim());
  if (!groups.every((group) => groupShape.test(group))) return undefined;
  return [...new Set([defaultGroup, ...groups])].sort();
}

export function bootstrapTokens(parts: {
  readonly reads: ObjectReads;
  readonly now: () => Date;
}): TokenAuthenticator {
  return {
    async authenticateToken(token, audiences) {
      const [, id, secretPart] = tokenShape.exec(token) ?? [];
      if (id === undefined || secretPart === undefined) return undefined;
      const name = `bootstrap-token-${id}`;
      const secret = getObject(parts.reads, secrets, { namespace: "kube-system", name });
      if (secret === undefined || secret.metadata.deletionTimestamp !== undefined) return undefined;
      if (secret.type !== secretType || text(secret, "token-id") !== id) return undefined;
      if (!same(text(secret, "token-secret"), secretPart)) return undefined;
      if (isExpired(secret, parts.now())) return undefined;
      if (text(secret, "usage-bootstrap-authentication") !== "true") return undefined;
      const groups = groupsOf(secret);
      if (groups === undefined) return undefined;
      const user: UserInfo = { name: `system:bootstrap:${id}`, uid: "", groups, extra: {} };
      return { user, audiences };
    },
  };
}
