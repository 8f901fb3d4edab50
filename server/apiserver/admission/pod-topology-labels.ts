/** A bound pod carries its node's zone and region, so that it can read them downward. */
import type { AdmissionPlugin } from "#apiserver/attributes.ts";
import { getObject } from "#apiserver/object-reads.ts";
import { type Binding, nodes, pods } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { type AdmissionParts, draftOf, isOf } from "./admission-parts.ts";

const copied = ["topology.kubernetes.io/region", "topology.kubernetes.io/zone"] as const;

function isBinding(object: KubeObject | undefined): object is Binding {
  return object?.kind === "Binding";
}

export function podTopologyLabels({ cache }: AdmissionParts): AdmissionPlugin {
  const copy = (object: KubeObject, nodeName: string): void => {
    const node = getObject(cache, nodes, { name: nodeName });
    const labels = { ...object.metadata.labels };
    for (const key of copied) {
      const value = node?.metadata.labels?.[key];
      if (value !== undefined) labels[key] = value;
    }
    if (Object.keys(labels).length > 0) object.metadata.labels = labels;
  };
  return {
    name: "PodTopologyLabels",
    concerns: [pods],
    mutate(attributes) {
      if (attributes.operation !== "CREATE" || !isOf(attributes, pods)) return;
      const { object, subresource } = attributes;
      if (subresource === "binding" && isBinding(object)) copy(object, object.target.name ?? "");
      const pod = draftOf(attributes, pods);
      if (pod?.spec.nodeName) copy(pod, pod.spec.nodeName);
    },
  };
}
