/** Credentials for an image out of the pod's imagePullSecrets (dockerconfigjson, dockercfg). Pure. */
import type { Secret } from "#gen/api/core/v1.ts";
import type { RegistryAuth } from "./cri/runtime.ts";

interface DockerEntry {
  readonly username?: string;
  readonly password?: string;
  readonly auth?: string;
  readonly identitytoken?: string;
}

/** `registry.example:5000` of `registry.example:5000/a/b:tag`; names without a host are Docker Hub's. */
export function registryOf(image: string): string {
  const first = image.split("/")[0] ?? "";
  const isHost = image.includes("/") && (/[.:]/.test(first) || first === "localhost");
  return isHost ? first : "docker.io";
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function entriesOf(secret: Secret): Record<string, unknown> {
  const encoded = secret.data?.[".dockerconfigjson"] ?? secret.data?.[".dockercfg"];
  if (encoded === undefined) return {};
  try {
    const parsed: unknown = JSON.parse(Buffer.from(encoded, "base64").toString("utf8"));
    if (!isRecord(parsed)) return {};
    const auths = parsed["auths"];
    return isRecord(auths) ? auths : parsed;
  } catch {
    return {};
  }
}

function toAuth(entry: unknown): RegistryAuth | undefined {
  if (!isRecord(entry)) return undefined;
  const text = (field: keyof DockerEntry): string => {
    const value = entry[field];
    return typeof value === "string" ? value : "";
  };
  const pair = Buffer.from(text("auth"), "base64").toString("utf8");
  const at = pair.indexOf(":");
  const fromPair = at < 0 ? ["", ""] : [pair.slice(0, at), pair.slice(at + 1)];
  return {
    username: text("username") || (fromPair[0] ?? ""),
    password: text("password") || (fromPair[1] ?? ""),
    identityToken: text("identitytoken"),
  };
}

/** Matching entries, the longest (most specific) key first. */
export function registryAuths(image: string, secrets: readonly Secret[]): readonly RegistryAuth[] {
  const registry = registryOf(image);
  const full = image.startsWith(`${registry}/`) ? image : `${registry}/${image}`;
  const found = secrets.flatMap((secret) =>
    Object.entries(entriesOf(secret)).flatMap(([key, entry]) => {
      const host = key
        .replace(/^https?:\/\//, "")
        .replace(/\/v[12]\/?$/, "")
        .replace(/\/$/, "")
        .replace(/^index\.docker\.io/, "docker.io");
      const auth = toAuth(entry);
      const matches = full === host || full.startsWith(`${host}/`);
      return matches && auth !== undefined ? [{ host, auth }] : [];
    }),
  );
  return found.sort((a, b) => b.host.length - a.host.length).map(({ auth }) => auth);
}
