/** What a change of a bound Pod needs of its node's agent, the node must have declared. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { AdmissionPlugin } from "#apiserver/attributes.ts";
import { getObject } from "#apiserver/object-reads.ts";
import { nodes, type Pod } from "#gen/api/core/v1.ts";
import { type AdmissionParts, refused } from "./admission-parts.ts";
import { resizedPod } from "./pod-resize-validator.ts";

/** Names of features that an update needs; other updates than resizes need none. */
function needed(pod: Pod, old: Pod): string[] {
  const names: string[] = [];
  if (!deepEqual(pod.spec.resources, old.spec.resources))
    names.push("InPlacePodLevelResourcesVerticalScaling");
  const initChanged = (old.spec.initContainers ?? []).some(
    ({ restartPolicy, resources }, index) =>
      restartPolicy !== "Always" &&
      !deepEqual(resources, pod.spec.initContainers?.[index]?.resources),
  );
  if (initChanged) names.push("InPlacePodVerticalScalingInitContainers");
  return names;
}

export function nodeDeclaredFeatureValidator({ cache }: AdmissionParts): AdmissionPlugin {
  return {
    name: "NodeDeclaredFeatureValidator",
    validate(attributes) {
      const pod = resizedPod(attributes);
      if (pod === undefined) return;
      // Of the same resource as the new object.
      const names = needed(pod, attributes.old as Pod);
      if (names.length === 0) return;
      const name = pod.spec.nodeName ?? "";
      const node = getObject(cache, nodes, { name });
      if (node === undefined) throw refused(attributes, `node ${JSON.stringify(name)} not found`);
      const declared = new Set(node.status?.declaredFeatures ?? []);
      const missing = names.filter((feature) => !declared.has(feature));
      if (missing.length === 0) return;
      throw refused(
        attributes,
        `pod update requires features ${missing.join(", ")} which are not available on node ${JSON.stringify(name)}`,
      );
    },
  };
}
