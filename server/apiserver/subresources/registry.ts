/** Who answers a subresource: `group/resource/name`, or `*` for every resource that has one of that name. */
import type { Handler } from "#apiserver/call.ts";
import { podBinding } from "./binding.ts";
import { certificateApproval } from "./certificate-approval.ts";
import { eviction } from "./eviction.ts";
import { podAttach, podExec, podPortForward } from "./exec.ts";
import { podLog } from "./log.ts";
import { namespaceFinalize } from "./namespace-finalize.ts";
import { ephemeralContainers, resize } from "./pod-parts.ts";
import { nodeProxies, podProxy, serviceProxy } from "./proxy.ts";
import { scale } from "./scale.ts";
import { status } from "./status.ts";

/** By verb: get, create, update, patch, delete. */
export type SubresourceHandlers = Readonly<Record<string, Handler>>;

export type SubresourceRegistry = ReadonlyMap<string, SubresourceHandlers>;

export const subresources: SubresourceRegistry = new Map<string, SubresourceHandlers>([
  ["*/status", status],
  ["*/scale", scale],
  ["/namespaces/finalize", namespaceFinalize],
  ["/pods/attach", podAttach],
  ["/nodes/proxy", nodeProxies],
  ["/pods/binding", podBinding],
  ["/pods/ephemeralcontainers", ephemeralContainers],
  ["/pods/eviction", eviction],
  ["/pods/exec", podExec],
  ["/pods/log", podLog],
  ["/pods/portforward", podPortForward],
  ["/pods/proxy", podProxy],
  ["/services/proxy", serviceProxy],
  ["/pods/resize", resize],
  ["certificates.k8s.io/certificatesigningrequests/approval", certificateApproval],
]);
