/** kubescheduler.config.k8s.io/v1 KubeSchedulerConfiguration, read as upstream reads it. */
import { durationFault, parseDuration } from "#apimachinery/codec/duration.ts";
import { ConfigReader, int32, int64 } from "./config-reader.ts";
import type { PermitPlugin } from "./permit.ts";
import { readArgs } from "./plugin-args.ts";
import { removedPlugins } from "./plugin-points.ts";
import { apiVersion, readPlugins, removedWords } from "./plugin-sets.ts";
import { defaultProfile, type Profile } from "./profile.ts";

export interface SchedulerConfiguration {
  readonly profiles: readonly Profile[];
  readonly leaderElect: boolean;
  /** Of the Lease. */
  readonly resourceName: string;
  readonly resourceNamespace: string;
  /** Seconds; undefined: nothing is said. */
  readonly leaseSeconds: number | undefined;
  readonly renewDeadlineSeconds: number | undefined;
  readonly retrySeconds: number | undefined;
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

const share = [0, 100] as const;

interface ProfileRead {
  readonly profile: Profile;
  readonly queueSort: string;
}

interface ProfileContext {
  readonly index: number;
  /** There is no other. */
  readonly alone: boolean;
  readonly percentage: number;
  readonly permitPlugins: readonly PermitPlugin[];
}

function readProfile(reader: ConfigReader, context: ProfileContext): ProfileRead {
  const { index, alone, permitPlugins } = context;
  reader.only("schedulerName", "percentageOfNodesToScore", "plugins", "pluginConfig");
  const schedulerName = reader.string("schedulerName", alone ? "default-scheduler" : "");
  if (schedulerName === "") reader.wrong("schedulerName", "Required value");
  const percentageOfNodesToScore = reader.integer(
    "percentageOfNodesToScore",
    context.percentage,
    share,
    "not in valid range [0-100]",
  );
  const read = readPlugins(reader.object("plugins"), schedulerName, permitPlugins);
  if (index === 0 && read.queueSorts > 1) {
    const words = `Invalid value: ${read.queueSorts}: only one queue sort plugin can be enabled`;
    reader.wrong("plugins.queueSort.Enabled", words);
  }
  const { plugins, queueSort } = read;
  let profile = {
    ...defaultProfile,
    percentageOfNodesToScore,
    ...plugins,
    schedulerName,
    id: index,
  };
  const seen = new Set<string>();
  for (const item of reader.items("pluginConfig")) {
    item.only("name", "args");
    const name = item.string("name", "");
    if (seen.has(name)) item.wrong("", `Duplicate value: "${name}"`);
    seen.add(name);
    if (removedPlugins.includes(name)) item.wrong("", removedWords(name));
    else profile = { ...profile, ...readArgs(name, item, profile) };
  }
  return { profile, queueSort };
}

function readProfiles(
  reader: ConfigReader,
  percentage: number,
  permitPlugins: readonly PermitPlugin[],
): Profile[] {
  const items = reader.items("profiles");
  const alone = items.length === 1;
  const all = items.map((item, index) =>
    readProfile(item, { index, alone, percentage, permitPlugins }),
  );
  const names = all.map(({ profile }) => profile.schedulerName);
  all.forEach(({ queueSort }, index) => {
    const at = `profiles[${index}]`;
    if (names.indexOf(names[index] ?? "") < index)
      reader.wrong(`${at}.schedulerName`, `Duplicate value: "${names[index]}"`);
    if (queueSort !== all[0]?.queueSort) {
      const words = `Invalid value: ${queueSort}: must be the same for all profiles`;
      reader.wrong(`${at}.plugins.queueSort`, words);
    }
  });
  if (all.length > 0) return all.map(({ profile }) => profile);
  return [{ ...defaultProfile, percentageOfNodesToScore: percentage }];
}

/** Seconds; 0 as nothing said. */
function duration(reader: ConfigReader, field: string): number | undefined {
  const text = reader.string(field, "0s");
  const nanoseconds = parseDuration(text);
  if (nanoseconds === undefined) reader.wrong(field, durationFault(text));
  return nanoseconds ? nanoseconds / 1e9 : undefined;
}

function readElection(election: ConfigReader) {
  election.only(
    "leaderElect",
    "leaseDuration",
    "renewDeadline",
    "retryPeriod",
    "resourceLock",
    "resourceName",
    "resourceNamespace",
  );
  const leaderElect = election.boolean("leaderElect", true);
  const times = {
    leaseDuration: duration(election, "leaseDuration"),
    renewDeadline: duration(election, "renewDeadline"),
    retryPeriod: duration(election, "retryPeriod"),
  };
  const lock = election.string("resourceLock", "leases") || "leases";
  if (leaderElect) {
    for (const [field, seconds] of Object.entries(times))
      if (seconds !== undefined && seconds < 0)
        election.wrong(
          field,
          `Invalid value: "${election.string(field, "")}": must be greater than zero`,
        );
    const { leaseDuration = 15, renewDeadline = 10 } = times;
    if (leaseDuration <= renewDeadline) {
      // Upstream prints the deadline here.
      const printed = election.string("renewDeadline", "10s");
      const words = `Invalid value: "${printed}": must be greater than \`RenewDeadline\``;
      election.wrong("leaseDuration", words);
    }
    if (lock !== "leases") {
      const words = `Invalid value: "${lock}": resourceLock value must be "leases"`;
      election.wrong("resourceLock", words);
    }
  }
  return {
    leaderElect,
    resourceName: election.string("resourceName", "") || "kube-scheduler",
    resourceNamespace: election.string("resourceNamespace", "") || "kube-system",
    leaseSeconds: times.leaseDuration,
    renewDeadlineSeconds: times.renewDeadline,
    retrySeconds: times.retryPeriod,
  };
}

function readConnection(connection: ConfigReader): string {
  connection.only("kubeconfig", "acceptContentTypes", "contentType", "qps", "burst");
  connection.integer("burst", 100, [0, int32[1]], "must be non-negative");
  return connection.string("kubeconfig", "");
}

function readBackoff(reader: ConfigReader) {
  const backoffInitial = reader.integer("podInitialBackoffSeconds", 1, int64);
  const backoffMax = reader.integer("podMaxBackoffSeconds", 10, int64);
  if (backoffInitial <= 0) {
    const words = `Invalid value: ${backoffInitial}: must be greater than 0`;
    reader.wrong("podInitialBackoffSeconds", words);
  }
  if (backoffMax < backoffInitial) {
    const words = `Invalid value: ${backoffMax}: must be greater than or equal to PodInitialBackoffSeconds`;
    reader.wrong("podMaxBackoffSeconds", words);
  }
  return { backoffInitial, backoffMax };
}

/**
 * `value`: the parsed file. `permitPlugins`: of others, that a profile may enable by name. Throws a
 * ConfigurationError that names every wrong field.
 */
export function readConfiguration(
  value: unknown,
  permitPlugins: readonly PermitPlugin[] = [],
): SchedulerConfiguration {
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
  const atLeastOne = "should be an integer value greater than zero";
  reader.integer("parallelism", 16, [1, int32[1]], atLeastOne);
  const percentage = reader.integer(
    "percentageOfNodesToScore",
    0,
    share,
    "not in valid range [0-100]",
  );
  if (reader.items("extenders").length > 0)
    reader.wrong("extenders", "Forbidden: no HTTP extender is called here");
  const configuration = {
    ...readBackoff(reader),
    ...readElection(reader.object("leaderElection")),
    kubeconfig: readConnection(reader.object("clientConnection")),
    profiles: readProfiles(reader, percentage, permitPlugins),
  };
  if (reader.errors.length > 0) throw new ConfigurationError(reader.errors.join("\n"));
  return configuration;
}
