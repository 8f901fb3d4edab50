/** Tokens that lie in Secrets of type kubernetes.io/service-account-token: without an end, good while Secret and account exist. */

export const tokenSecretType = "kubernetes.io/service-account-token";
export const accountNameAnnotation = "kubernetes.io/service-account.name";
export const accountUidAnnotation = "kubernetes.io/service-account.uid";
/** A day, `2026-01-31`, on which the token was last shown to an API server. */
export const lastUsedLabel = "kubernetes.io/legacy-token-last-used";
/** A day since when it is refused; taking the label off makes it good again. */
export const invalidSinceLabel = "kubernetes.io/legacy-token-invalid-since";

export const legacyIssuer = "kubernetes/serviceaccount";

export interface LegacyTokenClaims {
  readonly namespace: string;
  readonly secret: string;
  readonly account: { readonly name: string; readonly uid: string };
}

const prefix = "kubernetes.io/serviceaccount";

function subjectOf({ namespace, account }: LegacyTokenClaims): string {
  return `system:serviceaccount:${namespace}:${account.name}`;
}

/** The JWT's payload. */
export function legacyPayload(claims: LegacyTokenClaims): Record<string, string> {
  return {
    iss: legacyIssuer,
    [`${prefix}/namespace`]: claims.namespace,
    [`${prefix}/secret.name`]: claims.secret,
    [`${prefix}/service-account.name`]: claims.account.name,
    [`${prefix}/service-account.uid`]: claims.account.uid,
    sub: subjectOf(claims),
  };
}

/** undefined when the payload is no such token's. */
export function readLegacyPayload(
  payload: Readonly<Record<string, unknown>>,
): LegacyTokenClaims | undefined {
  const text = (name: string): string => {
    const value = payload[`${prefix}/${name}`];
    return typeof value === "string" ? value : "";
  };
  const claims = {
    namespace: text("namespace"),
    secret: text("secret.name"),
    account: { name: text("service-account.name"), uid: text("service-account.uid") },
  };
  const { namespace, secret, account } = claims;
  if ([namespace, secret, account.name, account.uid].includes("")) return undefined;
  return payload["iss"] === legacyIssuer && payload["sub"] === subjectOf(claims)
    ? claims
    : undefined;
}

/** As both labels and the ConfigMap of the first use write it. */
export function dayOf(date: Date): string {
  return date.toISOString().slice(0, "2026-01-31".length);
}
