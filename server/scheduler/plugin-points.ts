/** Where plugins take part, and upstream's names of those that do nothing here. */

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
