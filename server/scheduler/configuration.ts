/** kubescheduler.config.k8s.io/v1 KubeSchedulerConfiguration, read as upstream reads it. */
import { ConfigReader } from "./config-reader.ts";
import { argsReaders } from "./plugin-args.ts";
import {
  defaultProfile,
  type Filter,
  filters,
  type Profile,
  type Scorer,
  scorers,
} from "./profile.ts";

export interface SchedulerConfiguration {
  readonly profiles: readonly Profile[];
  readonly leaderElect: boolean;
  /** Of the Lease. */
  readonly resourceName: string;
  readonly resourceNamespace: string;
  /** Path, or "". */
  readonly kubeconfig: string;
  /** Seconds. */
  readonly backoffInitial: number;
  readonly backoffMax: number;
}

/** A file that cannot be used; each line names the field and what is wrong with it. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

const apiVersion = "kubescheduler.config.k8s.io/v1";
const alwaysOn = ["PrioritySort", "DefaultBinder"];
const known: readonly string[] = [
  ...new Set([
    ...filters,
    ...scorers,
    ...alwaysOn,
    "SchedulingGates",
    "DefaultPreemption",
    "DynamicResources",
  ]),
];
/** In upstream's default set, of no effect here; their names are no mistakes. */
const idle = ["NodeDeclaredFeatures", "GangScheduling"];
const removed = ["AzureDiskLimits", "CinderLimits", "EBSLimits", "GCEPDLimits"];
const points = [
  "preEnqueue",
  "queueSort",
  "preFilter",
  "filter",
  "postFilter",
  "preScore",
  "score",
  "reserve",
  "permit",
  "preBind",
  "bind",
  "postBind",
  "podGroupPostFilter",
] as const;
const most = 2 ** 31 - 1;
/** Total scores are 15 bits beside the tie-breaking hash: 100 times all weights have to fit. */
const weightsMax = 300;

type Enabled = Map<string, number>;

/** Upstream's merge: the defaults without the disabled, then the enabled with their weights. */
function merge(reader: ConfigReader, defaults: Enabled): Enabled {
  reader.only("enabled", "disabled");
  const disabled = reader.items("disabled").map((item) => item.string("name", ""));
  const enabled: Enabled = disabled.includes("*") ? new Map() : new Map(defaults);
  for (const name of disabled) enabled.delete(name);
  const seen = new Set<string>();
  for (const item of reader.items("enabled")) {
    item.only("name", "weight");
    const name = item.string("name", "");
    if (removed.includes(name)) {
      item.wrong("name", `Invalid value: "${name}": was invalid in version "${apiVersion}"`);
    } else if (!known.includes(name) && !idle.includes(name)) {
      item.wrong("name", `Invalid value: "${name}": no such plugin`);
    }
    if (seen.has(name)) item.wrong("name", `Duplicate value: "${name}"`);
    seen.add(name);
    enabled.set(name, item.integer("weight", 0, [0, most]) || 1);
  }
  return enabled;
}

function readPlugins(reader: ConfigReader): Partial<Profile> {
  reader.only("multiPoint", ...points);
  const defaults: Enabled = new Map(known.map((name) => [name, 1]));
  for (const scorer of scorers) defaults.set(scorer, defaultProfile.weights[scorer]);
  const everywhere = merge(reader.object("multiPoint"), defaults);
  const at = new Map(points.map((point) => [point, merge(reader.object(point), everywhere)]));
  const has = (point: (typeof points)[number], name: string) => at.get(point)?.has(name) ?? false;
  if (!has("queueSort", "PrioritySort")) {
    reader.wrong("queueSort", "Required value: PrioritySort is the one queue sort plugin here");
  }
  if (!has("bind", "DefaultBinder")) {
    reader.wrong("bind", "Required value: DefaultBinder is the one bind plugin here");
  }
  const weight = (scorer: Scorer) => at.get("score")?.get(scorer) ?? 0;
  const weights = { ...defaultProfile.weights };
  for (const scorer of scorers) weights[scorer] = weight(scorer);
  const sum = Object.values(weights).reduce((a, b) => a + b, 0);
  if (sum > weightsMax)
    reader.wrong("score", `Invalid value: weights sum up to ${sum}, more than ${weightsMax}`);
  return {
    weights,
    filters: new Set(filters.filter((filter: Filter) => has("filter", filter))),
    gates: has("preEnqueue", "SchedulingGates"),
    devices: has("postFilter", "DynamicResources"),
    preempts: has("postFilter", "DefaultPreemption"),
  };
}

function readProfile(reader: ConfigReader, id: number, percentage: number): Profile {
  reader.only("schedulerName", "percentageOfNodesToScore", "plugins", "pluginConfig");
  const schedulerName = reader.string("schedulerName", "default-scheduler");
  if (schedulerName === "") reader.wrong("schedulerName", "Required value");
  const percentageOfNodesToScore = reader.integer("percentageOfNodesToScore", percentage, [0, 100]);
  let profile: Profile = {
    ...defaultProfile,
    percentageOfNodesToScore,
    ...readPlugins(reader.object("plugins")),
    schedulerName,
    id,
  };
  const seen = new Set<string>();
  for (const item of reader.items("pluginConfig")) {
    item.only("name", "args");
    const name = item.string("name", "");
    if (seen.has(name)) item.wrong("", `Duplicate value: "${name}"`);
    seen.add(name);
    const read = argsReaders[name];
    if (read !== undefined) profile = { ...profile, ...read(item.object("args"), profile) };
    else if (!known.includes(name) && !idle.includes(name))
      item.wrong("name", `Invalid value: "${name}": no such plugin`);
  }
  return profile;
}

/** `value`: the parsed file. Throws a ConfigurationError that names every wrong field. */
export function readConfiguration(value: unknown): SchedulerConfiguration {
  const reader = new ConfigReader(value);
  reader.only(
    "apiVersion",
    "kind",
    "parallelism",
    "leaderElection",
    "clientConnection",
    "healthzBindAddress",
    "metricsBindAddress",
    "enableProfiling",
    "enableContentionProfiling",
    "percentageOfNodesToScore",
    "podInitialBackoffSeconds",
    "podMaxBackoffSeconds",
    "profiles",
    "extenders",
    "delayCacheUntilActive",
  );
  if (reader.string("apiVersion", "") !== apiVersion)
    reader.wrong("apiVersion", `must be "${apiVersion}"`);
  if (reader.string("kind", "") !== "KubeSchedulerConfiguration")
    reader.wrong("kind", 'must be "KubeSchedulerConfiguration"');
  reader.integer("parallelism", 16, [1, most]);
  const percentage = reader.integer("percentageOfNodesToScore", 0, [0, 100]);
  if (reader.items("extenders").length > 0) {
    reader.wrong("extenders", "Forbidden: no HTTP extender is called here");
  }
  const backoffInitial = reader.integer("podInitialBackoffSeconds", 1, [1, most]);
  const backoffMax = reader.integer("podMaxBackoffSeconds", 10, [1, most]);
  if (backoffMax < backoffInitial)
    reader.wrong(
      "podMaxBackoffSeconds",
      `Invalid value: ${backoffMax}: must be greater than or equal to PodInitialBackoffSeconds`,
    );
  const election = reader.object("leaderElection");
  const lock = election.string("resourceLock", "leases");
  if (lock !== "leases")
    election.wrong("resourceLock", `Invalid value: "${lock}": resourceLock value must be "leases"`);
  const profiles = reader
    .items("profiles")
    .map((profile, index) => readProfile(profile, index, percentage));
  const names = profiles.map(({ schedulerName }) => schedulerName);
  names.forEach((name, index) => {
    if (names.indexOf(name) < index)
      reader.wrong(`profiles[${index}].schedulerName`, `Duplicate value: "${name}"`);
  });
  if (reader.errors.length > 0) throw new ConfigurationError(reader.errors.join("\n"));
  return {
    profiles:
      profiles.length === 0
        ? [{ ...defaultProfile, percentageOfNodesToScore: percentage }]
        : profiles,
    leaderElect: election.boolean("leaderElect", true),
    resourceName: election.string("resourceName", "kube-scheduler"),
    resourceNamespace: election.string("resourceNamespace", "kube-system"),
    kubeconfig: reader.object("clientConnection").string("kubeconfig", ""),
    backoffInitial,
    backoffMax,
  };
}
