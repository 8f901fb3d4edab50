/** What a service-account token says (upstream's private claims under `kubernetes.io`). */
import type { UserInfo } from "#apiserver/attributes.ts";

export interface ObjectClaim {
  readonly name: string;
  readonly uid: string;
}

export interface ServiceAccountClaims {
  readonly audiences: readonly string[];
  /** Seconds since the epoch. */
  readonly issuedAt: number;
  readonly notBefore: number;
  readonly expires: number;
  readonly id: string;
  readonly namespace: string;
  readonly serviceAccount: ObjectClaim;
  readonly pod?: ObjectClaim | undefined;
  readonly node?: ObjectClaim | undefined;
  readonly secret?: ObjectClaim | undefined;
}

const subjectPrefix = "system:serviceaccount:";

export function serviceAccountUserName(namespace: string, name: string): string {
  return `${subjectPrefix}${namespace}:${name}`;
}

export function serviceAccountGroups(namespace: string): readonly string[] {
  return ["system:serviceaccounts", `system:serviceaccounts:${namespace}`];
}

/** The account that a user name stands for; undefined for other users. */
export function serviceAccountOf(
  userName: string,
): { readonly namespace: string; readonly name: string } | undefined {
  if (!userName.startsWith(subjectPrefix)) return undefined;
  const [namespace, name, ...more] = userName.slice(subjectPrefix.length).split(":");
  if (!namespace || !name || more.length > 0) return undefined;
  return { namespace, name };
}

/** The JWT's payload. */
export function claimsPayload(claims: ServiceAccountClaims, issuer: string): object {
  const { namespace, serviceAccount, pod, node, secret } = claims;
  return {
    aud: claims.audiences,
    exp: claims.expires,
    iat: claims.issuedAt,
    iss: issuer,
    jti: claims.id,
    "kubernetes.io": { namespace, node, pod, secret, serviceaccount: serviceAccount },
    nbf: claims.notBefore,
    sub: serviceAccountUserName(namespace, serviceAccount.name),
  };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectClaim(value: unknown): ObjectClaim | undefined {
  if (!isRecord(value)) return undefined;
  const { name, uid } = value;
  return typeof name === "string" && typeof uid === "string" ? { name, uid } : undefined;
}

function strings(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

/** undefined when the payload is no service-account token's. */
export function readClaims(payload: Record<string, unknown>): ServiceAccountClaims | undefined {
  const own = payload["kubernetes.io"];
  const { iat, nbf, exp, jti, sub } = payload;
  if (!isRecord(own) || typeof own["namespace"] !== "string") return undefined;
  if (typeof iat !== "number" || typeof nbf !== "number" || typeof exp !== "number")
    return undefined;
  const { namespace } = own;
  const serviceAccount = objectClaim(own["serviceaccount"]);
  if (serviceAccount === undefined) return undefined;
  if (sub !== serviceAccountUserName(namespace, serviceAccount.name)) return undefined;
  return {
    audiences: strings(payload["aud"]),
    issuedAt: iat,
    notBefore: nbf,
    expires: exp,
    id: typeof jti === "string" ? jti : "",
    namespace,
    serviceAccount,
    pod: objectClaim(own["pod"]),
    node: objectClaim(own["node"]),
    secret: objectClaim(own["secret"]),
  };
}

function objectExtra(kind: string, claim: ObjectClaim | undefined): Record<string, string[]> {
  if (claim === undefined) return {};
  return {
    [`authentication.kubernetes.io/${kind}-name`]: [claim.name],
    [`authentication.kubernetes.io/${kind}-uid`]: [claim.uid],
  };
}

export function userOfClaims(claims: ServiceAccountClaims): UserInfo {
  const { namespace, serviceAccount } = claims;
  return {
    name: serviceAccountUserName(namespace, serviceAccount.name),
    uid: serviceAccount.uid,
    groups: serviceAccountGroups(namespace),
    extra: {
      ...(claims.id === ""
        ? {}
        : { "authentication.kubernetes.io/credential-id": [`JTI=${claims.id}`] }),
      ...objectExtra("node", claims.node),
      ...objectExtra("pod", claims.pod),
    },
  };
}
