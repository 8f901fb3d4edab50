/** Arguments of plugins (pluginConfig), read as upstream defaults and validates them. */
import { durationFault, formatDuration, parseDuration } from "#apimachinery/codec/duration.ts";
import { isQualifiedName } from "#apimachinery/validate.ts";
import type { TopologySpreadConstraint } from "#gen/api/core/v1.ts";
import { readNodeAffinity } from "./added-affinity.ts";
import { type ConfigReader, int32, int64 } from "./config-reader.ts";
import type { Profile, ScoredResource } from "./profile.ts";

type Args = Partial<Profile>;
type ArgsReader = (args: ConfigReader, profile: Profile) => Args;

const strategies = ["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"] as const;

/** Names are left to the plugin. A weight of 0 is none, and counts as 1. */
function readResources(
  args: ConfigReader,
  check: (resource: ScoredResource, item: ConfigReader) => void,
): readonly ScoredResource[] | undefined {
  const resources = args.items("resources").map((item) => {
    item.only("name", "weight");
    const name = item.string("name", "");
    const resource = { name, weight: item.integer("weight", 0, int64) || 1 };
    check(resource, item);
    return resource;
  });
  return resources.length === 0 ? undefined : resources;
}

function inRange(item: ConfigReader, field: string, value: number, most: number): void {
  if (value < 0 || value > most)
    item.wrong(field, `Invalid value: ${value}: not in valid range [0, ${most}]`);
}

function readShape(args: ConfigReader): Profile["fit"]["shape"] {
  const items = args.items("shape");
  const points = items.map((point) => {
    point.only("utilization", "score");
    return {
      utilization: point.integer("utilization", 0, int32),
      score: point.integer("score", 0, int32),
    };
  });
  if (points.length === 0)
    args.wrong("shape", "Required value: at least one point must be specified");
  const unsorted = points.findIndex(
    ({ utilization }, index) => utilization <= (points[index - 1]?.utilization ?? -Infinity),
  );
  if (unsorted >= 0) {
    const value = points[unsorted]?.utilization;
    const words = `Invalid value: ${value}: values must be sorted in increasing order`;
    args.wrong(`shape[${unsorted}].utilization`, words);
  }
  points.forEach(({ utilization, score }, index) => {
    const item = items[index];
    if (item === undefined) return;
    inRange(item, "utilization", utilization, 100);
    inRange(item, "score", score, 10);
  });
  return points;
}

function readNames(args: ConfigReader, field: string): string[] {
  const names = args.strings(field);
  names.forEach((name, index) => {
    if (field === "ignoredResourceGroups" && name.includes("/"))
      args.wrong(
        `${field}[${index}]`,
        `Invalid value: "${name}": resource group name can't contain '/'`,
      );
    for (const words of isQualifiedName(name))
      args.wrong(`${field}[${index}]`, `Invalid value: "${name}": ${words}`);
  });
  return names;
}

function readFit(args: ConfigReader, { fit }: Profile): Args {
  args.only("apiVersion", "kind", "ignoredResources", "ignoredResourceGroups", "scoringStrategy");
  const strategy = args
    .object("scoringStrategy")
    .only("type", "resources", "requestedToCapacityRatio");
  const type = strategy.choice("type", "LeastAllocated", strategies);
  const resources =
    readResources(strategy, ({ name, weight }, item) => {
      if (weight > 0 && weight <= 100) return;
      const words = `resource weight of ${name} not in valid range (0, 100]`;
      item.wrong("weight", `Invalid value: ${weight}: ${words}`);
    }) ?? fit.resources;
  const ratio = strategy.object("requestedToCapacityRatio").only("shape");
  const given = strategy.has("requestedToCapacityRatio");
  if (type === "RequestedToCapacityRatio" && !given) {
    const words = "must be specified when type is RequestedToCapacityRatio";
    strategy.wrong("requestedToCapacityRatio", `Required value: ${words}`);
  }
  if (type !== "RequestedToCapacityRatio" && given) {
    const words = "must be nil when type is not RequestedToCapacityRatio";
    strategy.wrong("requestedToCapacityRatio", `Forbidden: ${words}`);
  }
  const shape = type === "RequestedToCapacityRatio" && given ? readShape(ratio) : [];
  const ignoredResources = readNames(args, "ignoredResources");
  const ignoredResourceGroups = readNames(args, "ignoredResourceGroups");
  return { fit: { type, resources, shape }, ignoredResources, ignoredResourceGroups };
}

const whens = ["DoNotSchedule", "ScheduleAnyway"] as const;

function readDefaultConstraint(item: ConfigReader): TopologySpreadConstraint {
  item.only(
    "maxSkew",
    "topologyKey",
    "whenUnsatisfiable",
    "labelSelector",
    "minDomains",
    "nodeAffinityPolicy",
    "nodeTaintsPolicy",
    "matchLabelKeys",
  );
  const maxSkew = item.integer("maxSkew", 0, int32);
  if (maxSkew <= 0) item.wrong("maxSkew", `Invalid value: ${maxSkew}: not in valid range (0, inf)`);
  const topologyKey = item.string("topologyKey", "");
  if (topologyKey === "") item.wrong("topologyKey", "Required value: can not be empty");
  else
    for (const words of isQualifiedName(topologyKey))
      item.wrong("topologyKey", `Invalid value: "${topologyKey}": ${words}`);
  if (item.string("whenUnsatisfiable", "") === "")
    item.wrong("whenUnsatisfiable", "Required value: can not be empty");
  const whenUnsatisfiable = item.choice("whenUnsatisfiable", "ScheduleAnyway", whens);
  if (item.has("labelSelector")) {
    const words = "constraint must not define a selector, as they deduced for each pod";
    item.wrong("labelSelector", `Forbidden: ${words}`);
  }
  const policies = ["Honor", "Ignore"] as const;
  return {
    topologyKey,
    maxSkew,
    whenUnsatisfiable,
    ...(item.has("minDomains") ? { minDomains: item.integer("minDomains", 1, int32) } : {}),
    ...(item.has("nodeAffinityPolicy")
      ? { nodeAffinityPolicy: item.choice("nodeAffinityPolicy", "Honor", policies) }
      : {}),
    ...(item.has("nodeTaintsPolicy")
      ? { nodeTaintsPolicy: item.choice("nodeTaintsPolicy", "Ignore", policies) }
      : {}),
    ...(item.has("matchLabelKeys") ? { matchLabelKeys: item.strings("matchLabelKeys") } : {}),
  };
}

function readSpread(args: ConfigReader): Args {
  args.only("apiVersion", "kind", "defaultConstraints", "defaultingType");
  const type = args.choice("defaultingType", "System", ["System", "List"]);
  const items = args.items("defaultConstraints");
  if (type === "System" && items.length > 0)
    args.wrong("defaultingType", 'Invalid value: "System": when .defaultConstraints are not empty');
  const seen = new Set<string>();
  const constraints = items.map((item) => {
    const constraint = readDefaultConstraint(item);
    const about = `{${constraint.topologyKey}, ${item.string("whenUnsatisfiable", "")}}`;
    if (seen.has(about)) item.wrong("", `Duplicate value: "${about}"`);
    seen.add(about);
    return constraint;
  });
  return { defaultConstraints: type === "List" ? constraints : undefined };
}

/** `least`: nanoseconds. */
function readTime(args: ConfigReader, field: string, least: number, words: string): void {
  if (!args.has(field)) return;
  const text = args.string(field, "");
  const nanoseconds = parseDuration(text);
  if (nanoseconds === undefined) args.wrong(field, durationFault(text));
  else if (nanoseconds < least)
    args.wrong(field, `Invalid value: "${formatDuration(nanoseconds)}": ${words}`);
}

/** By plugin. Those that change nothing in where pods go are read for their mistakes. */
const argsReaders: Readonly<Record<string, ArgsReader>> = {
  NodeResourcesFit: readFit,
  NodeResourcesBalancedAllocation(args, { balanced }) {
    args.only("apiVersion", "kind", "resources");
    const seen = new Set<string>();
    const resources = readResources(args, ({ name, weight }, item) => {
      if (seen.has(name)) item.wrong("name", `Duplicate value: "${name}"`);
      seen.add(name);
      if (weight !== 1) item.wrong("weight", `Invalid value: ${weight}: must be 1`);
    });
    return { balanced: resources ?? balanced };
  },
  PodTopologySpread: readSpread,
  NodeAffinity: readNodeAffinity,
  InterPodAffinity(args) {
    args.only("apiVersion", "kind", "hardPodAffinityWeight", "ignorePreferredTermsOfExistingPods");
    const ignore = args.boolean("ignorePreferredTermsOfExistingPods", false);
    const hardPodAffinityWeight = args.integer("hardPodAffinityWeight", 1, int32);
    inRange(args, "hardPodAffinityWeight", hardPodAffinityWeight, 100);
    return {
      hardPodAffinityWeight,
      ignorePreferredTermsOfExistingPods: ignore,
    };
  },
  DefaultPreemption(args) {
    args.only("apiVersion", "kind", "minCandidateNodesPercentage", "minCandidateNodesAbsolute");
    const [percentage, absolute] = ["minCandidateNodesPercentage", "minCandidateNodesAbsolute"];
    const share = args.integer(percentage, 10, int32);
    const least = args.integer(absolute, 100, int32);
    inRange(args, percentage, share, 100);
    if (least < 0) args.wrong(absolute, `Invalid value: ${least}: not in valid range [0, inf)`);
    if (share === 0 && least === 0) {
      const both = "Invalid value: 0: cannot be zero at the same time as";
      args.wrong(percentage, `${both} ${absolute}`);
      args.wrong(absolute, `${both} ${percentage}`);
    }
    return {};
  },
  VolumeBinding(args) {
    args.only("apiVersion", "kind", "bindTimeoutSeconds", "shape");
    const volumeTimeoutSeconds = args.integer("bindTimeoutSeconds", 600, int64);
    if (volumeTimeoutSeconds < 0) {
      const words = "invalid BindTimeoutSeconds, should not be a negative value";
      args.wrong("bindTimeoutSeconds", `Invalid value: ${volumeTimeoutSeconds}: ${words}`);
    }
    if (args.items("shape").length === 0) return { volumeTimeoutSeconds };
    return { volumeTimeoutSeconds, volumeShape: readShape(args) };
  },
  DynamicResources(args) {
    args.only("apiVersion", "kind", "filterTimeout", "bindingTimeout");
    readTime(args, "filterTimeout", 0, "must be zero or positive");
    readTime(args, "bindingTimeout", 1e9, "must be at least 1 second");
    return {};
  },
};

/** What one entry of pluginConfig changes; plugins that take no arguments get whatever they are given. */
export function readArgs(plugin: string, item: ConfigReader, profile: Profile): Args {
  const read = argsReaders[plugin];
  if (read === undefined) return {};
  const args = item.object("args");
  const kind = args.string("kind", `${plugin}Args`);
  if (kind !== `${plugin}Args`) {
    const group = "kubescheduler.config.k8s.io";
    const words = `args for plugin ${plugin} were not of type ${plugin}Args.${group}, got ${kind}.${group}`;
    item.wrong("args", words);
    return {};
  }
  return read(args, profile);
}
