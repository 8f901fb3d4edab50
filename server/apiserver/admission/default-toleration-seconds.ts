/** Pods stay five minutes on a node that is not ready or unreachable, unless they say otherwise. */
import type { AdmissionPlugin } from "#apiserver/attributes.ts";
import { pods, type Toleration } from "#gen/api/core/v1.ts";
import { draftOf, isOf } from "./admission-parts.ts";

const keys = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"] as const;
const tolerationSeconds = 300;

function tolerates({ key = "", effect }: Toleration, taintKey: string): boolean {
  return (key === taintKey || key === "") && (!effect || effect === "NoExecute");
}

export function defaultTolerationSeconds(): AdmissionPlugin {
  return {
    name: "DefaultTolerationSeconds",
    concerns: [pods],
    mutate(attributes) {
      if (!isOf(attributes, pods)) return;
      const pod = draftOf(attributes, pods);
      if (pod === undefined) return;
      const present = pod.spec.tolerations ?? [];
      const missing = keys.filter((key) => !present.some((each) => tolerates(each, key)));
      if (missing.length === 0) return;
      pod.spec.tolerations = [
        ...present,
        ...missing.map((key) => ({
          key,
          operator: "Exists" as const,
          effect: "NoExecute" as const,
          tolerationSeconds,
        })),
      ];
    },
  };
}
