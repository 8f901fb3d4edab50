/** Arguments of plugins (pluginConfig), read as upstream defaults and validates them. */
import type { NodeAffinity, TopologySpreadConstraint } from "#gen/api/core/v1.ts";
import type { ConfigReader } from "./config-reader.ts";
import type { Profile, ScoredResource } from "./profile.ts";

type Args = Partial<Profile>;
type ArgsReader = (args: ConfigReader, profile: Profile) => Args;

const strategies = ["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"] as const;

function readResources(
  args: ConfigReader,
  field: string,
  fallback: readonly ScoredResource[],
): readonly ScoredResource[] {
  const resources = args.items(field).map((resource) => {
    resource.only("name", "weight");
    const name = resource.string("name", "");
    if (name === "") resource.wrong("name", "Required value");
    return { name, weight: resource.integer("weight", 1, [1, 100]) };
  });
  const names = resources.map(({ name }) => name);
  names.forEach((name, index) => {
    if (names.indexOf(name) !== index)
      args.wrong(`${field}[${index}].name`, `Duplicate value: "${name}"`);
  });
  return resources.length === 0 ? fallback : resources;
}

function readShape(args: ConfigReader): Profile["fit"]["shape"] {
  const points = args.items("shape").map((point) => {
    point.only("utilization", "score");
    return {
      utilization: point.integer("utilization", 0, [0, 100]),
      score: point.integer("score", 0, [0, 10]),
    };
  });
  if (points.length === 0)
    args.wrong("shape", "Required value: at least one point must be specified");
  points.forEach(({ utilization }, index) => {
    const before = points[index - 1]?.utilization ?? -1;
    if (utilization <= before)
      args.wrong(
        `shape[${index}].utilization`,
        "utilization values must be sorted in increasing order",
      );
  });
  return points;
}

function readFit(args: ConfigReader, { fit }: Profile): Args {
  args.only("apiVersion", "kind", "ignoredResources", "ignoredResourceGroups", "scoringStrategy");
  const strategy = args
    .object("scoringStrategy")
    .only("type", "resources", "requestedToCapacityRatio");
  const type = strategy.choice("type", "LeastAllocated", strategies);
  const resources = readResources(strategy, "resources", fit.resources);
  const ratio = strategy.object("requestedToCapacityRatio").only("shape");
  const shape = type === "RequestedToCapacityRatio" ? readShape(ratio) : [];
  const ignoredResourceGroups = args.strings("ignoredResourceGroups");
  ignoredResourceGroups.forEach((group, index) => {
    if (group.includes("/"))
      args.wrong(
        `ignoredResourceGroups[${index}]`,
        `Invalid value: "${group}": resource group name can't contain '/'`,
      );
  });
  const ignoredResources = args.strings("ignoredResources");
  return { fit: { type, resources, shape }, ignoredResources, ignoredResourceGroups };
}

function readSpread(args: ConfigReader): Args {
  args.only("apiVersion", "kind", "defaultConstraints", "defaultingType");
  const type = args.choice("defaultingType", "System", ["System", "List"]);
  const constraints = args.items("defaultConstraints").map((item): TopologySpreadConstraint => {
    item.only(
      "maxSkew",
      "topologyKey",
      "whenUnsatisfiable",
      "minDomains",
      "nodeAffinityPolicy",
      "nodeTaintsPolicy",
    );
    const topologyKey = item.string("topologyKey", "");
    if (topologyKey === "") item.wrong("topologyKey", "Required value: can not be empty");
    return {
      topologyKey,
      maxSkew: item.integer("maxSkew", 1, [1, 2 ** 31 - 1]),
      whenUnsatisfiable: item.choice("whenUnsatisfiable", "ScheduleAnyway", [
        "DoNotSchedule",
        "ScheduleAnyway",
      ]),
    };
  });
  if (type === "System" && constraints.length > 0) {
    args.wrong("defaultingType", 'Invalid value: "System": when .defaultConstraints are not empty');
  }
  return { defaultConstraints: type === "List" ? constraints : undefined };
}

function readNodeAffinity(args: ConfigReader): Args {
  args.only("apiVersion", "kind", "addedAffinity");
  const affinity = args.object("addedAffinity");
  affinity.only(
    "requiredDuringSchedulingIgnoredDuringExecution",
    "preferredDuringSchedulingIgnoredDuringExecution",
  );
  const required = affinity.object("requiredDuringSchedulingIgnoredDuringExecution");
  if (required.has("nodeSelectorTerms") && required.items("nodeSelectorTerms").length === 0)
    required.wrong(
      "nodeSelectorTerms",
      "Required value: must have at least one node selector term",
    );
  // Its fields have just been named; expressions are judged when they are compiled.
  return { addedAffinity: args.raw("addedAffinity") as NodeAffinity | undefined };
}

/** By plugin. Those that change nothing in where pods go are read for their mistakes. */
export const argsReaders: Readonly<Record<string, ArgsReader>> = {
  NodeResourcesFit: readFit,
  NodeResourcesBalancedAllocation(args, { balanced }) {
    args.only("apiVersion", "kind", "resources");
    return { balanced: readResources(args, "resources", balanced) };
  },
  PodTopologySpread: readSpread,
  NodeAffinity: readNodeAffinity,
  InterPodAffinity(args) {
    args.only("apiVersion", "kind", "hardPodAffinityWeight", "ignorePreferredTermsOfExistingPods");
    const ignore = args.boolean("ignorePreferredTermsOfExistingPods", false);
    return {
      hardPodAffinityWeight: args.integer("hardPodAffinityWeight", 1, [0, 100]),
      ignorePreferredTermsOfExistingPods: ignore,
    };
  },
  DefaultPreemption(args) {
    args.only("apiVersion", "kind", "minCandidateNodesPercentage", "minCandidateNodesAbsolute");
    args.integer("minCandidateNodesPercentage", 10, [0, 100]);
    args.integer("minCandidateNodesAbsolute", 100, [0, 2 ** 31 - 1]);
    return {};
  },
  VolumeBinding(args) {
    args.only("apiVersion", "kind", "bindTimeoutSeconds", "shape");
    const volumeTimeoutSeconds = args.integer("bindTimeoutSeconds", 600, [0, 2 ** 31 - 1]);
    if (args.items("shape").length === 0) return { volumeTimeoutSeconds };
    return { volumeTimeoutSeconds, volumeShape: readShape(args) };
  },
  DynamicResources(args) {
    args.only("apiVersion", "kind", "filterTimeout", "bindingTimeout");
    return {};
  },
};
