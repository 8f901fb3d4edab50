/** profiles[].plugins: which plugins run at which extension point, merged and refused as upstream does. */
import { type ConfigReader, int32 } from "./config-reader.ts";
import type { PermitPlugin } from "./permit.ts";
import { idlePlugins, type Point, pluginKind, points, removedPlugins } from "./plugin-points.ts";
import { plugins } from "./plugins/registry.ts";
import { defaultProfile, type Profile, scorers } from "./profile.ts";

export const apiVersion = "kubescheduler.config.k8s.io/v1";
/** Total scores are 15 bits beside the tie-breaking hash: 100 times all weights have to fit. */
const weightsMax = 300;

interface Named {
  readonly name: string;
  readonly weight: number;
  readonly item: ConfigReader;
}

interface PluginSet {
  readonly enabled: readonly Named[];
  readonly disabled: readonly string[];
}

type Registry = ReadonlyMap<string, readonly Point[]>;

export function removedWords(name: string): string {
  return `Invalid value: "${name}": was invalid in version "v1" (KubeSchedulerConfiguration is version "${apiVersion}")`;
}

function readSet(reader: ConfigReader): PluginSet {
  reader.only("enabled", "disabled");
  const named = (item: ConfigReader): Named => {
    item.only("name", "weight");
    return { name: item.string("name", ""), weight: item.integer("weight", 0, int32), item };
  };
  const disabled = reader.items("disabled").map((item) => named(item).name);
  return { enabled: reader.items("enabled").map(named), disabled };
}

/** Upstream's defaults at multiPoint without the disabled, then what is enabled beside them. */
function mergeDefaults(reader: ConfigReader, { enabled, disabled }: PluginSet): Named[] {
  const weights: Readonly<Record<string, number>> = { ...defaultProfile.weights };
  const replaced = new Set<Named>();
  const kept = plugins
    .map(({ name }): string => name)
    .filter((name) => !disabled.includes("*") && !disabled.includes(name))
    .map((name): Named => {
      const own = enabled.findLast((one) => one.name === name);
      if (own === undefined) return { name, weight: weights[name] ?? 0, item: reader };
      replaced.add(own);
      return own;
    });
  return [...kept, ...enabled.filter((one) => !replaced.has(one))];
}

/** Names at the point, in the order in which they run. */
function expand(point: Point, set: PluginSet, multi: readonly Named[], known: Registry): string[] {
  const kind = pluginKind(point);
  const own = new Set<string>();
  for (const { name, item } of set.enabled) {
    const has = known.get(name);
    if (removedPlugins.includes(name)) item.wrong("", removedWords(name));
    else if (has === undefined) item.wrong("", `${kind} "${name}" does not exist`);
    else if (!has.includes(point))
      item.wrong("", `plugin "${name}" does not extend ${kind} plugin`);
    else if (own.has(name)) item.wrong("", `plugin "${name}" already registered as "${kind}"`);
    own.add(name);
  }
  if (set.disabled.includes("*")) return [...own];
  const everywhere = new Set<string>();
  for (const { name, item } of multi) {
    if (known.get(name)?.includes(point) !== true || set.disabled.includes(name)) continue;
    if (own.has(name)) continue;
    if (everywhere.has(name)) item.wrong("", `plugin "${name}" already registered as "${kind}"`);
    everywhere.add(name);
  }
  const overrides = [...own].filter((name) => multi.some((one) => one.name === name));
  return [...new Set([...overrides, ...everywhere, ...own])];
}

function readWeights(
  reader: ConfigReader,
  names: readonly string[],
  given: readonly Named[],
): Profile["weights"] {
  const weights = { ...defaultProfile.weights };
  for (const scorer of scorers) {
    const named = given.find(({ name }) => name === scorer);
    weights[scorer] = names.includes(scorer) ? named?.weight || 1 : 0;
    if (weights[scorer] < 0)
      named?.item.wrong("weight", "score plugins: total score of Score plugins could overflow");
  }
  const sum = Object.values(weights).reduce((a, b) => a + b, 0);
  if (sum > weightsMax)
    reader.wrong("score", `Invalid value: weights sum up to ${sum}, more than ${weightsMax}`);
  return weights;
}

interface PluginsRead {
  readonly plugins: Partial<Profile>;
  /** As upstream prints it; equal in all profiles. */
  readonly queueSort: string;
  /** Plugins enabled at queueSort itself. */
  readonly queueSorts: number;
}

function printed({ enabled, disabled }: PluginSet): string {
  const list = (all: readonly { name: string; weight: number }[]) =>
    all.length === 0 ? null : all.map(({ name, weight }) => ({ Name: name, Weight: weight }));
  const off = disabled.map((name) => ({ name, weight: 0 }));
  return JSON.stringify({ Enabled: list(enabled), Disabled: list(off) });
}

/** `permitPlugins`: of others, to be enabled by name. */
export function readPlugins(
  reader: ConfigReader,
  schedulerName: string,
  permitPlugins: readonly PermitPlugin[],
): PluginsRead {
  reader.only("multiPoint", ...points);
  const outside = permitPlugins.map(({ name }) => [name, ["permit"]] as const);
  const known: Registry = new Map([
    ...plugins.map(({ name, points }) => [name, points] as const),
    ...Object.entries(idlePlugins),
    ...outside,
  ]);
  const multi = mergeDefaults(reader, readSet(reader.object("multiPoint")));
  for (const { name, item } of multi)
    if (!known.has(name)) item.wrong("", `PreFilterPlugin "${name}" does not exist`);
  const sets = new Map(points.map((point) => [point, readSet(reader.object(point))]));
  const at = new Map(
    [...sets].map(([point, set]) => [point, expand(point, set, multi, known)] as const),
  );
  const namesAt = (point: Point) => at.get(point) ?? [];
  const has = (point: Point, name: string) => namesAt(point).includes(name);
  const about = `for profile with scheduler name "${schedulerName}"`;
  const sorts = namesAt("queueSort").filter((name) => known.has(name)).length;
  if (sorts !== 1)
    reader.wrong("queueSort", `only one queue sort plugin required ${about}, but got ${sorts}`);
  if (namesAt("bind").length === 0)
    reader.wrong("bind", `at least one bind plugin is needed ${about}`);
  const queueSort = sets.get("queueSort") ?? { enabled: [], disabled: [] };
  return {
    queueSort: printed(queueSort),
    queueSorts: queueSort.enabled.length,
    plugins: {
      weights: readWeights(reader, namesAt("score"), [
        ...(sets.get("score")?.enabled ?? []),
        ...multi,
      ]),
      filters: new Set(plugins.map(({ name }) => name).filter((name) => has("filter", name))),
      gates: has("preEnqueue", "SchedulingGates"),
      devices: has("postFilter", "DynamicResources"),
      preempts: has("postFilter", "DefaultPreemption"),
      permits: namesAt("permit").flatMap(
        (name) => permitPlugins.find((plugin) => plugin.name === name) ?? [],
      ),
    },
  };
}
