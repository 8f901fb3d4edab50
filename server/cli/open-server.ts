/** The API server with everything it stands on: authentication, authorization, admission, start objects. */
import { randomUUID } from "node:crypto";
import process from "node:process";
import { formatTime } from "#apimachinery/time.ts";
import { createAdmission } from "#apiserver/admission/registry.ts";
import { type App, createApp } from "#apiserver/app.ts";
import { createAuthenticator } from "#apiserver/authentication/authenticator.ts";
import { bootstrapTokens } from "#apiserver/authentication/bootstrap-token.ts";
import { serviceAccountTokens } from "#apiserver/authentication/service-account-token.ts";
import { tokenUnion } from "#apiserver/authentication/token-authenticator.ts";
import { openTokenIssuer } from "#apiserver/authentication/token-issuer.ts";
import { authorizerChain } from "#apiserver/authorization/authorizer.ts";
import { nodeAuthorizer } from "#apiserver/authorization/node.ts";
import { rbacAuthorizer } from "#apiserver/authorization/rbac.ts";
import { openRbacIndex } from "#apiserver/authorization/rbac-index.ts";
import type { ClusterSecrets } from "#apiserver/bootstrap/cluster-pki.ts";
import { startObjects } from "#apiserver/bootstrap/start-objects.ts";
import { writeStartObjects } from "#apiserver/bootstrap/write-start-objects.ts";
import { reviewHandlers, tokenHandlers } from "#apiserver/reviews/handlers.ts";
import { createReviews } from "#apiserver/reviews/registry.ts";
import { registry } from "#resources/registry.ts";
import type { Index, WatchCache } from "#storage/watch-cache.ts";
import type { Logger } from "#telemetry/log.ts";
import { kubernetesVersion } from "#telemetry/version.ts";

/** Also the audience of tokens that name none, as kubeadm sets it up. */
const issuerUrl = "https://kubernetes.default.svc.cluster.local";

export interface ServerParts {
  readonly cache: WatchCache;
  readonly secrets: ClusterSecrets;
  readonly serviceCidr: string;
  /** The first address of the service range. */
  readonly kubernetesServiceIp: string;
  /** That the kubernetes Service leads to. */
  readonly port: number;
  readonly logger: Logger;
}

export interface OpenServer {
  readonly app: App;
  close(): void;
}

/** Which fields of which resource the watch cache indexes watchers by. */
export const watchIndexes: readonly Index[] = registry.flatMap((resource) =>
  (resource.indexedFields ?? []).map((name) => ({
    group: resource.ref.group,
    resource: resource.ref.plural,
    name,
    value: (object) => resource.selectableFields?.(object)[name],
  })),
);

const clock = (): Date => new Date();
const randomness = { uid: randomUUID, fraction: Math.random };

export async function openServer(parts: ServerParts): Promise<OpenServer> {
  const { cache, secrets, logger } = parts;
  const network = {
    serviceCidrs: [parts.serviceCidr],
    kubernetesServiceIps: [parts.kubernetesServiceIp],
  };
  const now = formatTime(clock());
  const clientAuthority = secrets.authority.certificate;
  const objects = startObjects({ now, network, port: parts.port, clientAuthority });
  await writeStartObjects(cache, objects, { now, newUid: randomUUID });

  const rbac = openRbacIndex(cache);
  const authorizer = authorizerChain([nodeAuthorizer(cache), rbacAuthorizer(rbac.index)]);
  const issuer = await openTokenIssuer({
    issuer: issuerUrl,
    privateKey: secrets.serviceAccount.privateKey,
  });
  const tokens = tokenUnion([
    serviceAccountTokens({ issuer, reads: cache, now: clock }),
    bootstrapTokens({ reads: cache, now: clock }),
  ]);
  const audiences = [issuerUrl];
  const tokenParts = { issuer, audiences, reads: cache, now: clock, newId: randomUUID };
  const app = createApp({
    cache,
    registry,
    authenticator: createAuthenticator({ tokens, audiences, authorizer }),
    authorizer,
    admission: createAdmission({ cache, authorizer, rbac: rbac.index, randomness }),
    clock,
    randomness,
    logger,
    version: {
      major: "1",
      minor: "37",
      gitVersion: kubernetesVersion,
      platform: `${process.platform}/${process.arch}`,
    },
    subresources: new Map([["/serviceaccounts/token", tokenHandlers(tokenParts)]]),
    virtuals: reviewHandlers(createReviews({ authorizer, rbac: rbac.index, tokens, audiences })),
  });
  return {
    app,
    close() {
      app.close();
      rbac.close();
    },
  };
}
