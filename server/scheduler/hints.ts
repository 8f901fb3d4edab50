/**
 * Queueing hints: may an event make a refused pod fit? One question a filter, as upstream's plugins ask them.
 * "No" is only said where it is sure; pods that nothing wakes are tried again after five minutes anyway.
 */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { Node, Pod, PodAffinityTerm } from "#gen/api/core/v1.ts";
import type { ResourceClaim } from "#gen/api/resource/v1.ts";
import {
  V_AFFINITY,
  V_DEVICE,
  V_DISK,
  V_FEATURE,
  V_FILTER_SHIFT,
  V_FIT,
  V_NODE_AFFINITY,
  V_NODE_NAME,
  V_PORTS,
  V_SPREAD,
  V_TAINT,
  V_UNSCHEDULABLE,
  V_VOLUME_LIMIT,
  V_VOLUME_NODE,
  V_VOLUME_ZONE,
} from "#gen/scheduler-abi.ts";
import { resourceClaimNamesOf } from "#resources/core/v1/pod-claims.ts";
import { hostPorts } from "./host-ports.ts";
import { type NodeFacts, nodeFacts } from "./node-facts.ts";
import { tolerates } from "./node-filter.ts";
import { matchesNode } from "./node-match.ts";
import { podRequests } from "./pod-requests.ts";
import { type Labels, spreadPredicate, termPredicate } from "./predicate.ts";
import { requiredFeatures } from "./required-features.ts";

export type ClusterEvent =
  /** Added (no `before`), changed, or gone (no `node`). */
  | { readonly kind: "node"; readonly before?: Node | undefined; readonly node?: Node | undefined }
  /** A pod on a node: come, changed, gone. */
  | { readonly kind: "pod"; readonly before?: Pod | undefined; readonly pod?: Pod | undefined }
  | { readonly kind: "namespace" }
  | { readonly kind: "storage" }
  /** A claim of devices: come, changed, gone. */
  | {
      readonly kind: "claim";
      readonly before?: ResourceClaim | undefined;
      readonly claim?: ResourceClaim | undefined;
    }
  /** Slices, classes and taint rules of devices. */
  | { readonly kind: "devices" }
  /** Nothing is known of it. */
  | { readonly kind: "anything" };

type NodeChange = { readonly before: NodeFacts | undefined; readonly now: NodeFacts };
type ClaimChange = {
  readonly before: ResourceClaim | undefined;
  readonly now: ResourceClaim | undefined;
};
type PodChange = { readonly before: Pod | undefined; readonly now: Pod | undefined };

interface Hint {
  readonly node?: (pod: Pod, change: NodeChange) => boolean;
  readonly pod?: (pod: Pod, change: PodChange) => boolean;
  readonly claim?: (pod: Pod, change: ClaimChange) => boolean;
  readonly others?: readonly ClusterEvent["kind"][];
}

const unschedulableTaint = {
  key: "node.kubernetes.io/unschedulable",
  effect: "NoSchedule",
} as const;

/** True now, and not before. */
function comesTrue({ before, now }: NodeChange, asks: (node: NodeFacts) => boolean): boolean {
  return asks(now) && (before === undefined || !asks(before));
}

function fitsEmpty(pod: Pod, { allocatable }: NodeFacts): boolean {
  if ((allocatable.get("pods") ?? 0) < 1) return false;
  for (const [resource, amount] of podRequests(pod)) {
    if (amount > (allocatable.get(resource) ?? 0)) return false;
  }
  return true;
}

/** An update helps only where something that the pod asks for grew. */
function growsFor(pod: Pod, { before, now }: NodeChange): boolean {
  if (!fitsEmpty(pod, now)) return false;
  if (before === undefined) return true;
  const grew = (resource: string) =>
    (now.allocatable.get(resource) ?? 0) > (before.allocatable.get(resource) ?? 0);
  return grew("pods") || [...podRequests(pod).keys()].some(grew);
}

/** Gone, or asking for less than before. */
function shrinks({ before, now }: PodChange): boolean {
  if (before === undefined) return false;
  if (now === undefined) return true;
  return !deepEqual(before.spec, now.spec) || !deepEqual(before.status, now.status);
}

function freesPort(pod: Pod, { before, now }: PodChange): boolean {
  if (before === undefined || now !== undefined) return false;
  const freed = hostPorts(before.spec);
  return hostPorts(pod.spec).some(({ protocol, port }) =>
    freed.some((other) => other.protocol === protocol && other.port === port),
  );
}

const subjectOf = (pod: Pod) => ({
  namespace: pod.metadata.namespace ?? "",
  labels: pod.metadata.labels ?? {},
  namespaceLabels: {},
});

function sameLabels(a: Labels | undefined, b: Labels | undefined): boolean {
  return deepEqual(a ?? {}, b ?? {});
}

/** Come, gone, relabelled or on its way out: what selectors count changed. */
function recounts({ before, now }: PodChange): boolean {
  if (before === undefined || now === undefined) return true;
  return (
    !sameLabels(before.metadata.labels, now.metadata.labels) ||
    (before.metadata.deletionTimestamp === undefined) !==
      (now.metadata.deletionTimestamp === undefined)
  );
}

function spreadCounts(pod: Pod, change: PodChange): boolean {
  if (!recounts(change)) return false;
  const { namespace = "", labels = {} } = pod.metadata;
  const constraints = pod.spec.topologySpreadConstraints ?? [];
  if (constraints.length === 0) return true;
  return constraints.some((constraint) => {
    const { predicate } = spreadPredicate(constraint, namespace, labels);
    return [change.before, change.now].some(
      (other) => other && predicate.matches(subjectOf(other)),
    );
  });
}

function selects(terms: readonly PodAffinityTerm[] | undefined, owner: Pod, other: Pod): boolean {
  const { namespace = "", labels = {} } = owner.metadata;
  return (terms ?? []).some((term) => {
    const predicate = termPredicate(term, namespace, labels);
    // A namespace's labels are not at hand here.
    return predicate.readsNamespaces || predicate.matches(subjectOf(other));
  });
}

function affinityChanges(pod: Pod, change: PodChange): boolean {
  const { before, now } = change;
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  const near = podAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const far = podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!recounts(change)) return false;
  if (now !== undefined && selects(near, pod, now)) return true;
  // The last of the wanted kind gone: the first of a series may start anywhere again.
  if (before !== undefined && selects(near, pod, before)) return true;
  if (before === undefined) return false;
  const theirs =
    before.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return selects(far, pod, before) || selects(theirs, before, pod);
}

function topologyKeys(pod: Pod): string[] {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  return [
    ...(pod.spec.topologySpreadConstraints ?? []),
    ...(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
  ].map(({ topologyKey }) => topologyKey);
}

/** A node with the pod's topology keys came, or its domains, taints or room changed. */
function movesDomains(pod: Pod, { before, now }: NodeChange): boolean {
  const keys = topologyKeys(pod);
  if (before === undefined) return keys.length === 0 || keys.some((key) => now.labels[key]);
  return (
    keys.length === 0 ||
    keys.some((key) => before.labels[key] !== now.labels[key]) ||
    !sameLabels(before.labels, now.labels) ||
    !deepEqual(before.taints, now.taints) ||
    before.unschedulable !== now.unschedulable
  );
}

/** Devices freed are for everybody; what else becomes of a claim is for those who use it. */
function claimHelps(pod: Pod, { before, now }: ClaimChange): boolean {
  if (before?.status?.allocation !== undefined && now?.status?.allocation === undefined)
    return true;
  if (now === undefined || now.metadata.namespace !== pod.metadata.namespace) return false;
  if (!resourceClaimNamesOf(pod).includes(now.metadata.name)) return false;
  return before === undefined || !deepEqual(before.status, now.status);
}

const number = (verdict: number) => verdict >>> V_FILTER_SHIFT;

const hints: ReadonlyMap<number, Hint> = new Map<number, Hint>([
  [
    number(V_UNSCHEDULABLE),
    {
      node: (pod, change) =>
        comesTrue(
          change,
          ({ unschedulable }) =>
            !unschedulable || tolerates(pod.spec.tolerations ?? [], unschedulableTaint),
        ),
    },
  ],
  [
    number(V_NODE_NAME),
    { node: (pod, { before, now }) => before === undefined && now.name === pod.spec.nodeName },
  ],
  [
    number(V_TAINT),
    {
      node: (pod, change) =>
        comesTrue(change, ({ taints }) =>
          taints.every(
            (taint) =>
              taint.effect === "PreferNoSchedule" || tolerates(pod.spec.tolerations ?? [], taint),
          ),
        ),
    },
  ],
  [
    number(V_NODE_AFFINITY),
    { node: (pod, change) => comesTrue(change, (node) => matchesNode(pod.spec, node)) },
  ],
  [number(V_PORTS), { node: (_, { before }) => before === undefined, pod: freesPort }],
  [number(V_FIT), { node: growsFor, pod: (_, change) => shrinks(change) }],
  [
    number(V_DISK),
    {
      node: (_, { before }) => before === undefined,
      pod: (_, change) => shrinks(change),
      others: ["storage"],
    },
  ],
  [
    number(V_VOLUME_LIMIT),
    {
      node: (_, { before }) => before === undefined,
      pod: (_, { now }) => now === undefined,
      others: ["storage"],
    },
  ],
  [number(V_VOLUME_NODE), { node: () => true, others: ["storage"] }],
  [number(V_DEVICE), { node: () => true, claim: claimHelps, others: ["devices"] }],
  [number(V_VOLUME_ZONE), { node: () => true, others: ["storage"] }],
  [
    number(V_FEATURE),
    {
      node: (pod, change) =>
        comesTrue(change, ({ features }) =>
          requiredFeatures(pod.spec).every((feature) => features.includes(feature)),
        ),
    },
  ],
  [number(V_SPREAD), { node: movesDomains, pod: spreadCounts }],
  [number(V_AFFINITY), { node: movesDomains, pod: affinityChanges, others: ["namespace"] }],
]);

/** An event prepared once, asked of many pods. */
export function prepareEvent(event: ClusterEvent): (pod: Pod, filters: number) => boolean {
  if (event.kind === "anything") return () => true;
  const asks = askerOf(event);
  return (pod, filters) => {
    if (filters === 0) return true;
    for (const [filter, hint] of hints) {
      if ((filters & (1 << filter)) !== 0 && asks(hint, pod)) return true;
    }
    return false;
  };
}

function askerOf(event: ClusterEvent): (hint: Hint, pod: Pod) => boolean {
  if (event.kind === "node") {
    const { node } = event;
    // A node gone can only loosen what is counted over domains.
    if (node === undefined) return (hint) => hint.node === movesDomains;
    const before = event.before && nodeFacts(event.before);
    const change = { before, now: nodeFacts(node) };
    return (hint, pod) => hint.node?.(pod, change) ?? false;
  }
  if (event.kind === "pod") {
    const change = { before: event.before, now: event.pod };
    return (hint, pod) => hint.pod?.(pod, change) ?? false;
  }
  if (event.kind === "claim") {
    const change = { before: event.before, now: event.claim };
    return (hint, pod) => hint.claim?.(pod, change) ?? false;
  }
  return (hint) => hint.others?.includes(event.kind) ?? false;
}
