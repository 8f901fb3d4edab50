import type { Pod } from "#gen/api/core/v1.ts";
import type { Filter } from "./cluster.ts";

function required({ spec }: Pod): string[] {
  const rules = [...spec.containers, ...(spec.initContainers ?? [])].flatMap(
    ({ restartPolicyRules }) => restartPolicyRules ?? [],
  );
  const features: string[] = [];
  if (rules.some(({ action }) => action === "RestartAllContainers"))
    features.push("RestartAllContainersOnContainerExits");
  if (spec.hostNetwork && spec.hostUsers === false)
    features.push("UserNamespacesHostNetworkSupport");
  return features;
}

export const nodeDeclaredFeatures: Filter = (pod, { node }) =>
  required(pod).every((feature) => node.status.declaredFeatures?.includes(feature))
    ? undefined
    : { reasons: ["node(s) didn't match Pod's required features"], unresolvable: true };
