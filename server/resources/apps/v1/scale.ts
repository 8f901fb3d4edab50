/** /scale of what has spec.replicas, spec.selector and status.replicas. */
import { formatSelector, selectorFromLabelSelector } from "#apimachinery/labels.ts";
import type { KubeObject, LabelSelector } from "#gen/api/meta/v1.ts";
import type { ScaleMapping } from "#resources/resource.ts";

interface Scalable extends KubeObject {
  spec: { replicas?: number | undefined; selector: LabelSelector };
  status: { replicas?: number | undefined };
}

export const scaleOfReplicas: ScaleMapping<Scalable> = {
  read: ({ spec, status }) => ({
    specReplicas: spec.replicas ?? 0,
    statusReplicas: status?.replicas ?? 0,
    selector: formatSelector(selectorFromLabelSelector(spec.selector)),
  }),
  write: ({ spec }, replicas) => {
    spec.replicas = replicas;
  },
};
