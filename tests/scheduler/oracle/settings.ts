/** How a scheduler's profile changes the rules: upstream's configuration as it is written, upstream's defaults beside it. */
import type { NodeAffinity, Pod, TopologySpreadConstraint } from "#gen/api/core/v1.ts";
import type { Cluster } from "./cluster.ts";

export interface ScoredResource {
  readonly name: string;
  readonly weight?: number;
}

export interface ShapePoint {
  readonly utilization: number;
  readonly score: number;
}

/** pluginConfig[].args, by plugin. */
interface Arguments {
  readonly NodeResourcesFit?: {
    readonly scoringStrategy?: {
      readonly type?: string;
      readonly resources?: readonly ScoredResource[];
      readonly requestedToCapacityRatio?: { readonly shape: readonly ShapePoint[] };
    };
    readonly ignoredResources?: readonly string[];
    readonly ignoredResourceGroups?: readonly string[];
  };
  readonly NodeResourcesBalancedAllocation?: { readonly resources?: readonly ScoredResource[] };
  readonly PodTopologySpread?: {
    readonly defaultingType?: string;
    readonly defaultConstraints?: readonly TopologySpreadConstraint[];
  };
  readonly InterPodAffinity?: {
    readonly hardPodAffinityWeight?: number;
    readonly ignorePreferredTermsOfExistingPods?: boolean;
  };
  readonly NodeAffinity?: { readonly addedAffinity?: NodeAffinity };
  readonly VolumeBinding?: { readonly shape?: readonly ShapePoint[] };
}

interface Plugins {
  readonly enabled?: readonly { readonly name: string; readonly weight?: number }[];
  readonly disabled?: readonly { readonly name: string }[];
}

type Point = "multiPoint" | "filter" | "score" | "postFilter";

/** profiles[] of a KubeSchedulerConfiguration. */
export interface OracleProfile {
  readonly schedulerName: string;
  readonly plugins?: Readonly<Partial<Record<Point, Plugins>>>;
  readonly pluginConfig?: readonly { readonly name: string; readonly args: object }[];
}

const plain: OracleProfile = { schedulerName: "default-scheduler" };

export function profileFor(pod: Pod, { profiles = [] }: Cluster): OracleProfile {
  const name = pod.spec.schedulerName ?? "default-scheduler";
  return profiles.find(({ schedulerName }) => schedulerName === name) ?? plain;
}

export function argumentsOf<T extends keyof Arguments>(
  plugin: T,
  pod: Pod,
  cluster: Cluster,
): NonNullable<Arguments[T]> {
  const { pluginConfig = [] } = profileFor(pod, cluster);
  const found = pluginConfig.find(({ name }) => name === plugin)?.args ?? {};
  // The file's own words: every plugin reads what it knows of.
  return found as NonNullable<Arguments[T]>;
}

function isOff(set: Plugins | undefined, plugin: string): boolean {
  return set?.disabled?.some(({ name }) => name === plugin || name === "*") ?? false;
}

function isOn(set: Plugins | undefined, plugin: string): boolean {
  return set?.enabled?.some(({ name }) => name === plugin) ?? false;
}

/** Does the plugin run at the point? */
export function runs(plugin: string, point: Point, { plugins = {} }: OracleProfile): boolean {
  if (isOn(plugins[point], plugin)) return true;
  if (isOff(plugins[point], plugin)) return false;
  return isOn(plugins.multiPoint, plugin) || !isOff(plugins.multiPoint, plugin);
}

/** What its score counts for: as given, else upstream's own. */
export function weightOf(plugin: string, usual: number, { plugins = {} }: OracleProfile): number {
  const named = (point: Point) => plugins[point]?.enabled?.find(({ name }) => name === plugin);
  const given = named("score") ?? named("multiPoint");
  return given === undefined ? usual : given.weight || 1;
}

/** Between two points of the shape straight on, in integers; flat outside. Scores of 0 to 10 become 0 to 100. */
export function onShape(shape: readonly ShapePoint[], utilization: number): number {
  const next = shape.findIndex((point) => utilization <= point.utilization);
  const [before, after] = [shape[next - 1], shape[next]];
  if (after === undefined) return (shape.at(-1)?.score ?? 0) * 10;
  if (before === undefined) return after.score * 10;
  const rise = (after.score - before.score) * 10 * (utilization - before.utilization);
  return before.score * 10 + Math.trunc(rise / (after.utilization - before.utilization));
}
