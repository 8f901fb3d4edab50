/** NodeDeclaredFeatures: what a pod asks of a node's agent that older agents do not have, by upstream's names. */
import type { Container, PodSpec } from "#gen/api/core/v1.ts";
import { definePlugin, type Need } from "./plugin.ts";

const declares = (feature: string): Need => ({
  name: feature,
  met: ({ features }) => features.includes(feature),
});

const restartsAll = declares("RestartAllContainersOnContainerExits");
const ownUsersOnHost = declares("UserNamespacesHostNetworkSupport");

const none: readonly Need[] = [];

const restartsAllOf = (containers: readonly Container[] = []): boolean =>
  containers.some(({ restartPolicyRules }) =>
    restartPolicyRules?.some(({ action }) => action === "RestartAllContainers"),
  );

/** Asked of every pod: those that need nothing cost nothing. */
function needs({ containers, initContainers, hostNetwork, hostUsers }: PodSpec): readonly Need[] {
  const all = restartsAllOf(containers) || restartsAllOf(initContainers);
  const own = hostNetwork === true && hostUsers === false;
  if (!all && !own) return none;
  return [...(all ? [restartsAll] : []), ...(own ? [ownUsersOnHost] : [])];
}

export const nodeDeclaredFeatures = definePlugin({
  name: "NodeDeclaredFeatures",
  points: ["preFilter", "filter"],
  ofNode: { phrase: "node(s) didn't match Pod's required features", needs },
});
