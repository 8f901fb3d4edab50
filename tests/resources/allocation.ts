/** What admission and allocation do before validation, as far as validation depends on it. */
import type { FieldError } from "#apimachinery/field-error.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";

const taintKeys = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];

export function allocate(object: KubeObject, old: KubeObject | undefined): FieldError[] {
  if (object.kind === "Pod") admitPod(object as Pod, old as Pod | undefined);
  return [];
}

/** ServiceAccount, Priority and DefaultTolerationSeconds. */
function admitPod({ spec }: Pod, old: Pod | undefined): void {
  if (old === undefined) {
    spec.serviceAccountName ||= "default";
    spec.serviceAccount = spec.serviceAccountName;
  }
  spec.priority ??= old?.spec.priority ?? 0;
  spec.preemptionPolicy ??= old?.spec.preemptionPolicy ?? "PreemptLowerPriority";
  for (const key of taintKeys) {
    const tolerated = (spec.tolerations ?? []).some(
      (toleration) =>
        (toleration.key === key || !toleration.key) &&
        (toleration.effect === "NoExecute" || !toleration.effect),
    );
    if (tolerated) continue;
    const added = { key, operator: "Exists", effect: "NoExecute", tolerationSeconds: 300 } as const;
    spec.tolerations = [...(spec.tolerations ?? []), added];
  }
}
