/** Default requests and limits of containers, and bounds of containers, pods and claims, by namespace. */
import type { AdmissionAttributes, AdmissionPlugin } from "#apiserver/attributes.ts";
import { listObjects } from "#apiserver/object-reads.ts";
import {
  type Container,
  type LimitRange,
  type LimitRangeItem,
  limitranges,
  type Pod,
  persistentvolumeclaims,
  pods,
} from "#gen/api/core/v1.ts";
import { type AdmissionParts, draftOf, isOf, refused } from "./admission-parts.ts";
import { type Amounts, boundFaults, podAmounts } from "./limit-bounds.ts";

const annotation = "kubernetes.io/limit-ranger";

interface ContainerDefaults {
  readonly limits: Amounts;
  readonly requests: Amounts;
}

function containerDefaults({ spec }: LimitRange): ContainerDefaults {
  const items = (spec?.limits ?? []).filter(({ type }) => type === "Container");
  return {
    limits: Object.assign({}, ...items.map((item) => item.default ?? {})),
    requests: Object.assign({}, ...items.map((item) => item.defaultRequest ?? {})),
  };
}

/** Fills what is missing; the names of the resources filled. */
function fill(
  container: Container,
  part: "limits" | "requests",
  defaults: Amounts,
): readonly string[] {
  const present = container.resources?.[part] ?? {};
  const missing = Object.entries(defaults).filter(([name]) => present[name] === undefined);
  if (missing.length === 0) return [];
  container.resources = {
    ...container.resources,
    [part]: { ...present, ...Object.fromEntries(missing) },
  };
  return missing.map(([name]) => name).sort();
}

function applyDefaults(pod: Pod, range: LimitRange): readonly string[] {
  const { limits, requests } = containerDefaults(range);
  const applyTo = (kind: string, container: Container): string[] => {
    const filled = {
      limits: fill(container, "limits", limits),
      requests: fill(container, "requests", requests),
    };
    return (["requests", "limits"] as const).flatMap((part) => {
      const names = filled[part];
      const word = part === "requests" ? "request" : "limit";
      return names.length === 0
        ? []
        : [`${names.join(", ")} ${word} for ${kind} ${container.name}`];
    });
  };
  return [
    ...(pod.spec.containers ?? []).flatMap((container) => applyTo("container", container)),
    ...(pod.spec.initContainers ?? []).flatMap((c) => applyTo("init container", c)),
  ];
}

function podFaults(pod: Pod, item: LimitRangeItem): readonly string[] {
  if (item.type === "Pod") return boundFaults(item, podAmounts(pod));
  if (item.type !== "Container") return [];
  const containers = [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])];
  return containers.flatMap(({ resources }) =>
    boundFaults(item, { requests: resources?.requests ?? {}, limits: resources?.limits ?? {} }),
  );
}

/** A Pod that is made or resized; no other update changes what its containers ask for. */
function limitedPod(attributes: AdmissionAttributes): Pod | undefined {
  const { operation, subresource, object } = attributes;
  if (operation === "CREATE") return draftOf(attributes, pods);
  const resizes = operation === "UPDATE" && subresource === "resize" && isOf(attributes, pods);
  // Its resource says so.
  return resizes ? (object as Pod) : undefined;
}

function faults(attributes: AdmissionAttributes, range: LimitRange): readonly string[] {
  const items = range.spec?.limits ?? [];
  const pod = limitedPod(attributes);
  if (pod !== undefined) return items.flatMap((item) => podFaults(pod, item));
  const claim = draftOf(attributes, persistentvolumeclaims);
  if (claim === undefined) return [];
  const requests = claim.spec?.resources?.requests ?? {};
  return items
    .filter(({ type }) => type === "PersistentVolumeClaim")
    .flatMap((item) => boundFaults(item, { requests, limits: requests }));
}

export function limitRanger({ cache }: AdmissionParts): AdmissionPlugin {
  const rangesOf = ({ namespace }: AdmissionAttributes) =>
    listObjects(cache, limitranges, { namespace });
  return {
    name: "LimitRanger",
    concerns: [pods, persistentvolumeclaims],
    mutate(attributes) {
      const pod = limitedPod(attributes);
      if (pod === undefined) return;
      const applied = rangesOf(attributes).flatMap((range) => applyDefaults(pod, range));
      if (applied.length === 0) return;
      const text = `LimitRanger plugin set: ${applied.join("; ")}`;
      pod.metadata.annotations = { ...pod.metadata.annotations, [annotation]: text };
    },
    validate(attributes) {
      if (attributes.operation !== "CREATE" && attributes.operation !== "UPDATE") return;
      for (const range of rangesOf(attributes)) {
        const found = [...new Set(faults(attributes, range))];
        const [only = ""] = found;
        if (found.length === 0) continue;
        throw refused(attributes, found.length === 1 ? only : `[${found.join(", ")}]`);
      }
    },
  };
}
