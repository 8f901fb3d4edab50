/** Who may do what, over one cache: everything that the app is given to ask. */

import { formatTime } from "#apimachinery/time.ts";
import type { AdmissionPlugin, Authorizer } from "#apiserver/attributes.ts";
import type { Randomness } from "#apiserver/call.ts";
import type { WatchCache } from "#storage/watch-cache.ts";
import { createAdmission } from "./admission/registry.ts";
import { defaultNodePorts } from "./allocation/node-ports.ts";
import { repairAllocations } from "./allocation/repair.ts";
import { createServiceAllocator, serviceHook } from "./allocation/service-allocator.ts";
import { createAuthenticator, type UserAuthenticator } from "./authentication/authenticator.ts";
import { bootstrapTokens } from "./authentication/bootstrap-token.ts";
import { legacyServiceAccountTokens } from "./authentication/legacy-service-account-token.ts";
import { serviceAccountTokens } from "./authentication/service-account-token.ts";
import { type StaticToken, staticTokens } from "./authentication/static-token.ts";
import { tokenUnion } from "./authentication/token-authenticator.ts";
import { openTokenIssuer, type TokenIssuer } from "./authentication/token-issuer.ts";
import { authorizerChain } from "./authorization/authorizer.ts";
import { nodeAuthorizer } from "./authorization/node.ts";
import { rbacAuthorizer } from "./authorization/rbac.ts";
import { openRbacIndex } from "./authorization/rbac-index.ts";
import type { VirtualResources } from "./dispatch.ts";
import { reviewHandlers, tokenHandlers } from "./reviews/handlers.ts";
import { createReviews } from "./reviews/registry.ts";
import type { SubresourceRegistry } from "./subresources/registry.ts";
import type { WriteHooks } from "./write-hooks.ts";

/** Upstream's default issuer, which is also the audience of the API server. */
export const defaultIssuer = "https://kubernetes.default.svc.cluster.local";

export interface SecurityParts {
  readonly cache: WatchCache;
  /** Signs service-account tokens; PKCS #8 PEM. `publicKeys`: whose tokens are good beside. */
  readonly serviceAccountKey: {
    readonly privateKey: string;
    readonly publicKeys?: readonly string[];
  };
  readonly serviceCidrs: readonly string[];
  readonly staticTokens?: readonly StaticToken[];
  readonly issuer?: string;
  readonly clock: () => Date;
  readonly randomness: Randomness;
}

export interface Security {
  /** Throws Unauthorized. */
  readonly authenticator: UserAuthenticator;
  readonly authorizer: Authorizer;
  readonly admission: readonly AdmissionPlugin[];
  /** Reviews. */
  readonly virtuals: VirtualResources;
  /** serviceaccounts/token. */
  readonly subresources: SubresourceRegistry;
  /** Services claim addresses and ports. */
  readonly hooks: WriteHooks;
  /** For the OpenID documents. */
  readonly issuer: TokenIssuer;
  /** Lets go of what crashed writes of services left claimed; how many. */
  repair(): Promise<number>;
  close(): void;
}

export async function openSecurity(parts: SecurityParts): Promise<Security> {
  const { cache, clock, randomness } = parts;
  const issuer = await openTokenIssuer({
    issuer: parts.issuer ?? defaultIssuer,
    ...parts.serviceAccountKey,
  });
  const audiences = [issuer.issuer];
  const rbac = openRbacIndex(cache);
  const authorizer = authorizerChain([nodeAuthorizer(cache), rbacAuthorizer(rbac.index)]);
  const tokens = tokenUnion([
    staticTokens(parts.staticTokens ?? []),
    legacyServiceAccountTokens({ issuer, audiences, cache, now: clock }),
    serviceAccountTokens({ issuer, reads: cache, now: clock }),
    bootstrapTokens({ reads: cache, now: clock }),
  ]);
  const newId = randomness.uid;
  const tokenParts = { issuer, audiences, reads: cache, now: clock, newId };
  const allocation = {
    store: cache,
    randomness,
    now: () => formatTime(clock()),
    range: defaultNodePorts,
    serviceCidrs: parts.serviceCidrs,
  };
  return {
    authenticator: createAuthenticator({ tokens, audiences }),
    authorizer,
    admission: createAdmission({ cache, authorizer, rbac: rbac.index, randomness }),
    virtuals: reviewHandlers(createReviews({ authorizer, rbac: rbac.index, tokens, audiences })),
    subresources: new Map([["/serviceaccounts/token", tokenHandlers(tokenParts)]]),
    hooks: new Map([["/services", serviceHook(createServiceAllocator(allocation))]]),
    issuer,
    repair: () => repairAllocations(allocation, clock()),
    close: () => rbac.close(),
  };
}
