import type { Filter } from "./cluster.ts";
import { tolerates } from "./matching.ts";

const taint = { key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" } as const;

export const nodeUnschedulable: Filter = (pod, { node }) => {
  if (!node.spec.unschedulable) return undefined;
  if ((pod.spec.tolerations ?? []).some((toleration) => tolerates(toleration, taint)))
    return undefined;
  return { reasons: ["node(s) were unschedulable"], unresolvable: true };
};
