/** A new node takes no pods before it has said that it is ready. One that says so at once is not tainted: DIFFERENCES.md. */
import type { AdmissionPlugin } from "#apiserver/attributes.ts";
import { type Node, nodes } from "#gen/api/core/v1.ts";
import { draftOf } from "./admission-parts.ts";

const notReady = { key: "node.kubernetes.io/not-ready", effect: "NoSchedule" } as const;

function saysReady({ status }: Node): boolean {
  return (
    status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false
  );
}

export function taintNodesByCondition(): AdmissionPlugin {
  return {
    name: "TaintNodesByCondition",
    concerns: [nodes],
    mutate(attributes) {
      const node = attributes.operation === "CREATE" ? draftOf(attributes, nodes) : undefined;
      if (node === undefined || saysReady(node)) return;
      const taints = node.spec?.taints ?? [];
      if (taints.some(({ key, effect }) => key === notReady.key && effect === notReady.effect)) {
        return;
      }
      node.spec = { ...node.spec, taints: [...taints, { ...notReady }] };
    },
  };
}
