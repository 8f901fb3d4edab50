/** What a pod asks of a node's agent that older agents do not have (NodeDeclaredFeatures), by upstream's names. */
import type { PodSpec } from "#gen/api/core/v1.ts";

const none: readonly string[] = [];

export function requiredFeatures(spec: PodSpec): readonly string[] {
  const restartsAll = [...spec.containers, ...(spec.initContainers ?? [])].some(
    ({ restartPolicyRules }) =>
      restartPolicyRules?.some(({ action }) => action === "RestartAllContainers"),
  );
  const ownUsersOnHost = spec.hostNetwork === true && spec.hostUsers === false;
  if (!restartsAll && !ownUsersOnHost) return none;
  return [
    ...(restartsAll ? ["RestartAllContainersOnContainerExits"] : []),
    ...(ownUsersOnHost ? ["UserNamespacesHostNetworkSupport"] : []),
  ];
}
