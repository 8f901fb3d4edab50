/** Overhead and placement of the runtime class that a pod names. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { goQuoted } from "#apimachinery/field-error.ts";
import { plainFailure } from "#apimachinery/status.ts";
import { isPathSegmentName } from "#apimachinery/validate.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "#apiserver/attributes.ts";
import { getObject } from "#apiserver/object-reads.ts";
import { type Pod, pods } from "#gen/api/core/v1.ts";
import { type RuntimeClass, runtimeclasses } from "#gen/api/node/v1.ts";
import { type AdmissionParts, draftOf, refused } from "./admission-parts.ts";

function applyOverhead(pod: Pod, found: RuntimeClass, attributes: AdmissionAttributes): void {
  const fixed = found.overhead?.podFixed;
  if (fixed === undefined) return;
  const given = Object.keys(pod.spec.overhead ?? {}).length > 0;
  if (given && !deepEqual(pod.spec.overhead, fixed)) {
    throw refused(
      attributes,
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    );
  }
  pod.spec.overhead = { ...fixed };
}

function applyScheduling(pod: Pod, found: RuntimeClass, attributes: AdmissionAttributes): void {
  const { nodeSelector = {}, tolerations = [] } = found.scheduling ?? {};
  const own = pod.spec.nodeSelector ?? {};
  const clash = Object.entries(nodeSelector).find(
    ([key, value]) => own[key] !== undefined && own[key] !== value,
  );
  if (clash !== undefined) {
    throw refused(
      attributes,
      `conflict: runtimeClass.scheduling.nodeSelector[${clash[0]}] = ${clash[1]}; pod.spec.nodeSelector[${clash[0]}] = ${own[clash[0]]}`,
    );
  }
  if (Object.keys(nodeSelector).length > 0) pod.spec.nodeSelector = { ...own, ...nodeSelector };
  const present = pod.spec.tolerations ?? [];
  const missing = tolerations.filter((each) => !present.some((other) => deepEqual(each, other)));
  if (missing.length > 0) pod.spec.tolerations = [...present, ...missing];
}

/** By what is no name upstream's client does not even ask, and says so without a reason. */
function refuseUnaskable(name: string): void {
  if (name === "") throw plainFailure("resource name may not be empty");
  const faults = isPathSegmentName(name);
  if (faults.length > 0)
    throw plainFailure(`invalid resource name ${goQuoted(name)}: [${faults.join(", ")}]`);
}

export function runtimeClass({ cache }: AdmissionParts): AdmissionPlugin {
  return {
    name: "RuntimeClass",
    concerns: [pods],
    async mutate(attributes) {
      const pod = attributes.operation === "CREATE" ? draftOf(attributes, pods) : undefined;
      const name = pod?.spec.runtimeClassName;
      if (pod === undefined || name === undefined) return;
      let found = getObject(cache, runtimeclasses, { name });
      if (found === undefined) {
        await cache.fresh();
        found = getObject(cache, runtimeclasses, { name });
      }
      if (found === undefined) {
        refuseUnaskable(name);
        const missing = `RuntimeClass ${JSON.stringify(name)} not found`;
        throw refused(attributes, `pod rejected: ${missing}`);
      }
      applyOverhead(pod, found, attributes);
      applyScheduling(pod, found, attributes);
    },
    validate(attributes) {
      const pod = attributes.operation === "CREATE" ? draftOf(attributes, pods) : undefined;
      if (pod === undefined || pod.spec.overhead === undefined) return;
      const name = pod.spec.runtimeClassName;
      const found = name === undefined ? undefined : getObject(cache, runtimeclasses, { name });
      if (found?.overhead === undefined) {
        throw refused(
          attributes,
          "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
        );
      }
    },
  };
}
