/**
 * What is kept of a pod that has its node: what placement, preemption and hints read of it. Pods of one template
 * share those parts, so a pod costs a tenth of what the server sent.
 */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { Container, ContainerStatus, Pod, PodSpec, PodStatus } from "#gen/api/core/v1.ts";
import { isPlaced } from "./shape-key.ts";

/** Parts that are kept for sharing; over it they are forgotten, and later pods share anew. */
const partsMax = 10_000;

/** Pods of one template come one after the other. */
const recentMax = 4;

/** Equal parts become one object. */
class Shared<Part> {
  readonly #parts = new Map<string, Part>();
  readonly #recent: Part[] = [];

  of(part: Part): Part {
    for (const one of this.#recent) if (deepEqual(one, part)) return one;
    const found = this.#find(part);
    if (this.#recent.push(found) > recentMax) this.#recent.shift();
    return found;
  }

  #find(part: Part): Part {
    const key = JSON.stringify(part);
    const known = this.#parts.get(key);
    if (known !== undefined) return known;
    if (this.#parts.size >= partsMax) this.#parts.clear();
    this.#parts.set(key, part);
    return part;
  }
}

function leanContainer(container: Container): Container {
  const { name, image, resources, ports, restartPolicy, restartPolicyRules } = container;
  return { name, image, resources, ports, restartPolicy, restartPolicyRules };
}

function leanSpec(spec: PodSpec): PodSpec {
  return {
    ...spec,
    nodeName: undefined,
    containers: spec.containers.map(leanContainer),
    initContainers: spec.initContainers?.map(leanContainer),
    ephemeralContainers: undefined,
    volumes: spec.volumes?.filter(isPlaced),
  };
}

/** In-place resize is told by container. */
function leanContainerStatus({ name, allocatedResources, resources }: ContainerStatus) {
  const unread = { image: "", imageID: "", ready: true, restartCount: 0 };
  return { name, allocatedResources, resources, ...unread };
}

const conditionsRead: ReadonlySet<string> = new Set(["DisruptionTarget", "PodResizePending"]);

function leanStatus(status: PodStatus): PodStatus {
  const { phase, startTime, nominatedNodeName, resize, resources, allocatedResources } = status;
  return {
    ...{ phase, startTime, nominatedNodeName, resize, resources, allocatedResources },
    conditions: status.conditions?.filter(({ type }) => conditionsRead.has(type)),
    containerStatuses: status.containerStatuses?.map(leanContainerStatus),
    initContainerStatuses: status.initContainerStatuses?.map(leanContainerStatus),
  };
}

/** Pods that wait for a node stay whole but for managedFields, which nobody here reads. */
export function leanPods(): (pod: Pod) => Pod {
  const specs = new Shared<PodSpec>();
  const statuses = new Shared<PodStatus>();
  const labelled = new Shared<Readonly<Record<string, string>>>();
  return (pod) => {
    const { metadata, spec, status } = pod;
    if (!spec.nodeName) return { ...pod, metadata: { ...metadata, managedFields: undefined } };
    const { name, namespace, uid, resourceVersion, generation, deletionTimestamp } = metadata;
    const labels = metadata.labels && labelled.of(metadata.labels);
    return {
      apiVersion: pod.apiVersion,
      kind: pod.kind,
      metadata: { name, namespace, uid, resourceVersion, generation, deletionTimestamp, labels },
      spec: { ...specs.of(leanSpec(spec)), nodeName: spec.nodeName },
      status: status && statuses.of(leanStatus(status)),
    };
  };
}
