/** Service-account tokens: good while in time and while the account and what they are bound to exist. */
import { parseTime } from "#apimachinery/time.ts";
import { getObject, type ObjectReads } from "#apiserver/object-reads.ts";
import { nodes, pods, secrets, serviceaccounts } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import {
  type ObjectClaim,
  type ServiceAccountClaims,
  userOfClaims,
} from "./service-account-claims.ts";
import type { TokenAuthenticator } from "./token-authenticator.ts";
import type { TokenIssuer } from "./token-issuer.ts";

/** Upstream's leeway: clocks differ, and a pod uses its token while it terminates. */
const leewaySeconds = 60;

interface Parts {
  readonly issuer: TokenIssuer;
  readonly reads: ObjectReads;
  readonly now: () => Date;
}

function inTime({ notBefore, expires }: ServiceAccountClaims, now: Date): boolean {
  const seconds = now.getTime() / 1000;
  return notBefore <= seconds + leewaySeconds && seconds < expires;
}

/** The very object: same name, same uid, and not deleted for longer than the leeway. */
function exists<T extends KubeObject>(
  { reads, now }: Parts,
  ref: ResourceRef<T>,
  { namespace, claim }: { readonly namespace: string; readonly claim: ObjectClaim },
): boolean {
  const object = getObject(reads, ref, { namespace, name: claim.name });
  if (object === undefined || object.metadata.uid !== claim.uid) return false;
  const { deletionTimestamp } = object.metadata;
  const deleted = deletionTimestamp === undefined ? undefined : parseTime(deletionTimestamp);
  return deleted === undefined || deleted.getTime() + leewaySeconds * 1000 >= now().getTime();
}

function bindingsExist(parts: Parts, claims: ServiceAccountClaims): boolean {
  const { namespace, serviceAccount, pod, secret, node } = claims;
  return (
    exists(parts, serviceaccounts, { namespace, claim: serviceAccount }) &&
    (pod === undefined || exists(parts, pods, { namespace, claim: pod })) &&
    (secret === undefined || exists(parts, secrets, { namespace, claim: secret })) &&
    // With a pod, the node only tells where the pod ran when the token was made.
    (node === undefined ||
      pod !== undefined ||
      exists(parts, nodes, { namespace: "", claim: node }))
  );
}

export function serviceAccountTokens(parts: Parts): TokenAuthenticator {
  return {
    async authenticateToken(token, audiences) {
      const claims = await parts.issuer.verify(token);
      if (claims === undefined || !inTime(claims, parts.now())) return undefined;
      const meant = audiences.filter((audience) => claims.audiences.includes(audience));
      if (meant.length === 0 || !bindingsExist(parts, claims)) return undefined;
      return { user: userOfClaims(claims), audiences: meant };
    },
  };
}
