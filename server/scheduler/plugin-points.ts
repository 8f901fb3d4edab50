/** Upstream's plugins, in the order of its default profile, with the extension points that each of them has. */

export const points = [
  "preFilter",
  "filter",
  "postFilter",
  "reserve",
  "preScore",
  "score",
  "preBind",
  "bind",
  "postBind",
  "permit",
  "preEnqueue",
  "queueSort",
  "placementGenerate",
  "placementScore",
  "podGroupPostFilter",
] as const;
export type Point = (typeof points)[number];

const filterAndScore: readonly Point[] = ["preFilter", "filter", "preScore", "score"];

/** Plugins on by default. */
export const pluginPoints: Readonly<Record<string, readonly Point[]>> = {
  SchedulingGates: ["preEnqueue"],
  PrioritySort: ["queueSort"],
  NodeName: ["filter"],
  NodeUnschedulable: ["filter"],
  TaintToleration: ["filter", "preScore", "score"],
  NodeAffinity: filterAndScore,
  NodePorts: ["preFilter", "filter"],
  NodeResourcesFit: [...filterAndScore, "placementScore"],
  VolumeRestrictions: ["preFilter", "filter"],
  NodeVolumeLimits: ["preFilter", "filter"],
  VolumeBinding: [...filterAndScore, "reserve", "preBind"],
  VolumeZone: ["preFilter", "filter"],
  PodTopologySpread: filterAndScore,
  InterPodAffinity: filterAndScore,
  DynamicResources: [
    "preEnqueue",
    "preFilter",
    "filter",
    "postFilter",
    "score",
    "reserve",
    "preBind",
  ],
  DefaultPreemption: ["preEnqueue", "postFilter", "podGroupPostFilter"],
  NodeResourcesBalancedAllocation: ["preScore", "score"],
  ImageLocality: ["score"],
  DefaultBinder: ["bind"],
  NodeDeclaredFeatures: ["preFilter", "filter"],
};

/** Known names that upstream's defaults leave out; of no effect here. */
export const idlePlugins: Readonly<Record<string, readonly Point[]>> = {
  GangScheduling: ["preEnqueue", "reserve", "permit"],
  DeferredPodScheduling: ["preFilter", "filter"],
  TopologyPlacementGenerator: ["placementGenerate"],
  PodGroupPodsCount: ["placementScore"],
};

/** Upstream had them once. */
export const removedPlugins = ["AzureDiskLimits", "CinderLimits", "EBSLimits", "GCEPDLimits"];

/** As upstream calls the kind of plugin: "PreFilterPlugin". */
export function pluginKind(point: Point): string {
  return `${point[0]?.toUpperCase()}${point.slice(1)}Plugin`;
}
