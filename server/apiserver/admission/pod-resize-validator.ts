/** A bound Pod is resized only on a Linux node that exists and that could hold it if it were alone. */
import {
  compareQuantity,
  parseQuantity,
  quantityMilli,
  quantityValue,
} from "#apimachinery/quantity.ts";
import { ApiError } from "#apimachinery/status.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "#apiserver/attributes.ts";
import { getObject } from "#apiserver/object-reads.ts";
import { nodes, type Pod, pods } from "#gen/api/core/v1.ts";
import { podRequests } from "#resources/core/v1/pod-requests.ts";
import { type AdmissionParts, isOf, refused } from "./admission-parts.ts";

const osLabel = "kubernetes.io/os";

const amounts = [
  ["cpu", quantityMilli],
  ["memory", quantityValue],
] as const;

/** The bound Pod whose spec this resize changes; undefined: nothing to judge. */
export function resizedPod(attributes: AdmissionAttributes): Pod | undefined {
  const { operation, subresource, object, old } = attributes;
  if (operation !== "UPDATE" || subresource !== "resize" || !isOf(attributes, pods)) return;
  // The resource says what they are.
  const pod = object as Pod;
  const isBound = (pod.spec.nodeName ?? "") !== "";
  return isBound && pod.metadata.generation !== old?.metadata.generation ? pod : undefined;
}

/** The refusal names its kind, so that clients can tell that waiting will not help. */
function refusedFor(attributes: AdmissionAttributes, why: string, reason: string): ApiError {
  const { status } = refused(attributes, why);
  const causes = [...(status.details?.causes ?? []), { reason }];
  return new ApiError({ ...status, details: { ...status.details, causes } });
}

export function podResizeValidator({ cache }: AdmissionParts): AdmissionPlugin {
  return {
    name: "PodResizeValidator",
    concerns: [pods],
    validate(attributes) {
      const pod = resizedPod(attributes);
      if (pod === undefined) return;
      const name = pod.spec.nodeName ?? "";
      const node = getObject(cache, nodes, { name });
      if (node === undefined) throw refused(attributes, `node ${JSON.stringify(name)} not found`);
      const os = node.metadata.labels?.[osLabel] ?? "linux";
      if (os !== "linux") {
        const why = `pod resize is only supported on linux nodes, node ${JSON.stringify(name)} is ${JSON.stringify(os)}`;
        throw refusedFor(attributes, why, "UnsupportedPlatform");
      }
      const allocatable = node.status?.allocatable ?? {};
      const requests = podRequests({ spec: pod.spec });
      const faults = amounts.flatMap(([resource, amount]) => {
        const [asked, has] = [requests[resource] ?? "0", allocatable[resource] ?? "0"];
        if (compareQuantity(parseQuantity(asked), parseQuantity(has)) <= 0) return [];
        return [`${resource}, requested: ${amount(asked)}, allocatable: ${amount(has)}`];
      });
      if (faults.length === 0) return;
      const why = `node didn't have enough allocatable resources: ${faults.join("; ")}`;
      throw refusedFor(attributes, why, "NodeCapacity");
    },
  };
}
