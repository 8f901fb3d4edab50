/** How one scheduler name decides: plugins, weights and arguments, as KubeSchedulerConfiguration gives them. */
import type { NodeAffinity, TopologySpreadConstraint } from "#gen/api/core/v1.ts";
import type { PermitPlugin } from "./permit.ts";
import { type PluginName, plugins } from "./plugins/registry.ts";

/** Plugins that score, in the order of the module's columns (S_*). */
export const scorers = [
  "TaintToleration",
  "NodeAffinity",
  "NodeResourcesFit",
  "PodTopologySpread",
  "InterPodAffinity",
  "NodeResourcesBalancedAllocation",
  "ImageLocality",
  "VolumeBinding",
  "DynamicResources",
] as const;
export type Scorer = (typeof scorers)[number];

export interface ScoredResource {
  readonly name: string;
  readonly weight: number;
}

/** Utilization 0-100 to score 0-10. */
export interface ShapePoint {
  readonly utilization: number;
  readonly score: number;
}

export interface FitStrategy {
  readonly type: "LeastAllocated" | "MostAllocated" | "RequestedToCapacityRatio";
  readonly resources: readonly ScoredResource[];
  /** RequestedToCapacityRatio: utilization 0-100 to score 0-10, ascending. */
  readonly shape: readonly ShapePoint[];
}

export interface Profile {
  readonly schedulerName: string;
  /** Tells classes of pods of different profiles apart. */
  readonly id: number;
  /** Plugins that filter. */
  readonly filters: ReadonlySet<PluginName>;
  /** 0: does not score. */
  readonly weights: Readonly<Record<Scorer, number>>;
  /** In `parity` mode: of the nodes that are enough to be found; 0: upstream's share by their number. */
  readonly percentageOfNodesToScore: number;
  /** SchedulingGates holds gated pods back. */
  readonly gates: boolean;
  /** DynamicResources looks at pods that fit nowhere. */
  readonly devices: boolean;
  /** DefaultPreemption is on. */
  readonly preempts: boolean;
  /** Asked in order before a placed pod is bound. */
  readonly permits: readonly PermitPlugin[];
  readonly fit: FitStrategy;
  readonly ignoredResources: readonly string[];
  readonly ignoredResourceGroups: readonly string[];
  /** VolumeBinding: how full storage scores, ascending. */
  readonly volumeShape: readonly ShapePoint[];
  /** VolumeBinding: how long a pod waits for its volumes. */
  readonly volumeTimeoutSeconds: number;
  readonly balanced: readonly ScoredResource[];
  readonly addedAffinity: NodeAffinity | undefined;
  /** Of pods without constraints of their own; undefined: the system's (hostname and zone, soft). */
  readonly defaultConstraints: readonly TopologySpreadConstraint[] | undefined;
  readonly hardPodAffinityWeight: number;
  readonly ignorePreferredTermsOfExistingPods: boolean;
}

const cpuAndMemory: readonly ScoredResource[] = [
  { name: "cpu", weight: 1 },
  { name: "memory", weight: 1 },
];

/** Upstream's default profile. */
export const defaultProfile: Profile = {
  schedulerName: "default-scheduler",
  id: 0,
  filters: new Set(
    plugins.filter(({ points }) => points.includes("filter")).map(({ name }) => name),
  ),
  weights: {
    TaintToleration: 3,
    NodeAffinity: 2,
    NodeResourcesFit: 1,
    PodTopologySpread: 2,
    InterPodAffinity: 2,
    NodeResourcesBalancedAllocation: 1,
    ImageLocality: 1,
    VolumeBinding: 1,
    DynamicResources: 2,
  },
  percentageOfNodesToScore: 0,
  gates: true,
  devices: true,
  preempts: true,
  permits: [],
  fit: { type: "LeastAllocated", resources: cpuAndMemory, shape: [] },
  ignoredResources: [],
  ignoredResourceGroups: [],
  volumeShape: [
    { utilization: 0, score: 10 },
    { utilization: 100, score: 0 },
  ],
  volumeTimeoutSeconds: 600,
  balanced: cpuAndMemory,
  addedAffinity: undefined,
  defaultConstraints: undefined,
  hardPodAffinityWeight: 1,
  ignorePreferredTermsOfExistingPods: false,
};

function isPlain(resources: readonly ScoredResource[]): boolean {
  const [first, second] = resources;
  return (
    resources.length === 2 &&
    first?.name === "cpu" &&
    second?.name === "memory" &&
    first.weight === second.weight
  );
}

/** LeastAllocated of cpu and memory alike, which the module scores without a list. */
export function hasPlainFit({ fit }: Profile): boolean {
  return fit.type === "LeastAllocated" && isPlain(fit.resources);
}

export function hasPlainBalance({ balanced }: Profile): boolean {
  return isPlain(balanced);
}

/** Does NodeResourcesFit look at this resource? */
export function countsResource(profile: Profile, resource: string): boolean {
  const { ignoredResources, ignoredResourceGroups } = profile;
  if (ignoredResources.length === 0 && ignoredResourceGroups.length === 0) return true;
  const slash = resource.indexOf("/");
  if (slash < 0) return true;
  return (
    !ignoredResources.includes(resource) &&
    !ignoredResourceGroups.includes(resource.slice(0, slash))
  );
}
