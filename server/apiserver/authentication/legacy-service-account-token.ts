/** Tokens out of Secrets: good while the Secret holds this very token and its account lives. Their use is noted by day. */
import {
  dayOf,
  invalidSinceLabel,
  type LegacyTokenClaims,
  lastUsedLabel,
  legacyIssuer,
  readLegacyPayload,
} from "#apimachinery/legacy-token.ts";
import { getObject } from "#apiserver/object-reads.ts";
import { type Secret, secrets, serviceaccounts } from "#gen/api/core/v1.ts";
import type { WatchCache } from "#storage/watch-cache.ts";
import {
  isRecord,
  serviceAccountGroups,
  serviceAccountUserName,
} from "./service-account-claims.ts";
import type { TokenAuthenticator } from "./token-authenticator.ts";
import type { TokenIssuer } from "./token-issuer.ts";

interface Parts {
  readonly issuer: TokenIssuer;
  readonly audiences: readonly string[];
  readonly cache: Pick<WatchCache, "get" | "list" | "write">;
  readonly now: () => Date;
}

/** Without trusting anything: only what claims to be of this kind is worth a look at its signature. */
function claimsToBeLegacy(token: string): boolean {
  const [, payload = ""] = token.split(".");
  try {
    const claimed: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    return isRecord(claimed) && claimed["iss"] === legacyIssuer;
  } catch {
    return false;
  }
}

function secretOf({ cache }: Parts, claims: LegacyTokenClaims, token: string): Secret | undefined {
  const { namespace, secret: name } = claims;
  const secret = getObject(cache, secrets, { namespace, name });
  if (secret === undefined || secret.metadata.deletionTimestamp !== undefined) return undefined;
  const held = Buffer.from(secret.data?.["token"] ?? "", "base64").toString("utf8");
  return held === token ? secret : undefined;
}

function accountLives({ cache }: Parts, { namespace, account }: LegacyTokenClaims): boolean {
  const { name, uid } = account;
  const found = getObject(cache, serviceaccounts, { namespace, name });
  return found?.metadata.uid === uid && found.metadata.deletionTimestamp === undefined;
}

/** Once a day. A write that another one overtakes is left to the next use. */
async function noteUse({ cache, now }: Parts, { metadata }: Secret): Promise<void> {
  const today = dayOf(now());
  if (metadata.labels?.[lastUsedLabel] === today) return;
  const { namespace = "", name } = metadata;
  const key = { group: secrets.group, resource: secrets.plural, namespace, name };
  const present = cache.get(key);
  if (present === undefined) return;
  const object = structuredClone(present.object);
  object.metadata.labels = { ...object.metadata.labels, [lastUsedLabel]: today };
  await cache.write({ op: "update", key, expected: present.revision, object });
}

export function legacyServiceAccountTokens(parts: Parts): TokenAuthenticator {
  return {
    async authenticateToken(token, audiences) {
      if (!claimsToBeLegacy(token)) return undefined;
      const payload = await parts.issuer.signedPayload(token);
      const claims = payload === undefined ? undefined : readLegacyPayload(payload);
      if (claims === undefined) return undefined;
      // It names no audience: it is meant for the API server's own.
      const meant = audiences.filter((audience) => parts.audiences.includes(audience));
      const secret = secretOf(parts, claims, token);
      if (meant.length === 0 || secret === undefined || !accountLives(parts, claims))
        return undefined;
      await noteUse(parts, secret);
      if ((secret.metadata.labels?.[invalidSinceLabel] ?? "") !== "") return undefined;
      const { namespace, account } = claims;
      const user = {
        name: serviceAccountUserName(namespace, account.name),
        uid: account.uid,
        groups: serviceAccountGroups(namespace),
        extra: {},
      };
      return { user, audiences: meant };
    },
  };
}
