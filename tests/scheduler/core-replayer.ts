/** The product's cache and module behind the same face as the oracle. */
import type { Pod } from "#gen/api/core/v1.ts";
import {
  H_P_COUNT,
  H_P_GREATEST,
  H_P_START,
  H_P_SUM,
  H_P_VERDICTS,
  H_P_VIOLATIONS,
  HEADER,
} from "#gen/scheduler-abi.ts";
import { type Encoded, SchedulerCache } from "#scheduler/cache.ts";
import { readConfiguration } from "#scheduler/configuration.ts";
import { refusalOf, scoresOf, verdicts } from "#scheduler/explain.ts";
import { defaultProfile, type Profile } from "#scheduler/profile.ts";
import { hopelessSentence } from "#scheduler/reasons.ts";
import type { StorageSource } from "#scheduler/volume-binding.ts";
import type { Answer, Replayer } from "./replay.ts";
import { type Opening, type Scenario, spreadSelectorOf } from "./traces.ts";

const never = "not eligible due to preemptionPolicy=Never.";

/** Victims by node, of all nodes that cost as little as the one that was found. */
function equalsOf(cache: SchedulerCache, encoded: Encoded, best: number): Map<string, string[]> {
  const { arena } = cache.core;
  const whole = (offset: number, slot: number) => arena.get(arena.get(HEADER + offset) + slot * 4);
  const double = (offset: number, slot: number) =>
    arena.getDouble(arena.get(HEADER + offset) + slot * 8);
  const costOf = (slot: number) =>
    [
      ...[H_P_VERDICTS, H_P_VIOLATIONS, H_P_GREATEST, H_P_COUNT].map((o) => whole(o, slot)),
      ...[H_P_SUM, H_P_START].map((offset) => double(offset, slot)),
    ].join();
  cache.preempt(encoded);
  const least = costOf(best);
  const slots = Array.from({ length: cache.nodes.slotsUsed }, (_, slot) => slot).filter(
    (slot) => costOf(slot) === least,
  );
  return new Map(
    slots.map((slot) => {
      const { nodeName = "", victims = [] } = cache.preempt({ ...encoded, pin: slot }) ?? {};
      return [nodeName, [...victims].sort()] as const;
    }),
  );
}

/** What the module says of one pod, and where it would put it. */
export function ask(cache: SchedulerCache, pod: Pod, profile: Profile): Answer {
  const [encoded] = cache.encode([pod]);
  if (encoded === undefined) throw new Error("a pod is encoded");
  if (encoded.refusal !== undefined) {
    const message = hopelessSentence(cache.nodes.size, encoded.refusal, profile);
    return { scores: new Map(), totals: new Map(), message };
  }
  const chosen = cache.core.calls.choose(encoded.cls.address, encoded.pin);
  const found = verdicts(cache, encoded);
  const feasible = [...found].filter(([, verdict]) => verdict === 0).map(([slot]) => slot);
  const scores = new Map(feasible.map((slot) => [cache.nodes.nameOf(slot), scoresOf(cache, slot)]));
  const totals = [...scores].map(
    ([name, parts]) => [name, Object.values(parts).reduce((a, b) => a + b, 0)] as const,
  );
  const { message, preemption } = refusalOf(cache, encoded, {
    pod,
    eligible() {
      if (!profile.preempts) return null;
      return pod.spec.preemptionPolicy === "Never" ? never : undefined;
    },
  });
  return {
    scores,
    totals: new Map(totals),
    chosen: chosen < 0 ? undefined : cache.nodes.nameOf(chosen),
    message: feasible.length === 0 ? message : undefined,
    makesRoom: preemption && equalsOf(cache, encoded, preemption.slot),
  };
}

function storageOf(opening: Opening): StorageSource {
  const { claims = [], volumes = [], classes = [], drivers = [], capacities = [] } = opening;
  return {
    claim: (namespace, name) =>
      claims.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
    volume: (name) => volumes.find(({ metadata }) => metadata.name === name),
    volumes: () => volumes,
    storageClass: (name) => classes.find(({ metadata }) => metadata.name === name),
    driver: (name) => drivers.find(({ metadata }) => metadata.name === name),
    capacities: () => capacities,
  };
}

/** The profile that the scenario's scheduler ran with. */
function profileOf({ configuration }: Opening): Profile {
  if (configuration === undefined) return defaultProfile;
  const about = {
    apiVersion: "kubescheduler.config.k8s.io/v1",
    kind: "KubeSchedulerConfiguration",
  };
  const [profile] = readConfiguration({ ...about, ...configuration }).profiles;
  return profile ?? defaultProfile;
}

/** The cluster as the scenario opens. `module`: another build, for mutants. */
export function cacheOf(
  scenario: Opening,
  options: { readonly module?: WebAssembly.Module | undefined; readonly parity?: boolean } = {},
): SchedulerCache {
  const { nodes, pods, namespaces, seed, budgets = [], csiNodes = [] } = scenario;
  const profile = profileOf(scenario);
  const cache = new SchedulerCache({
    seed,
    ...options,
    profileOf: () => profile,
    storage: storageOf(scenario),
    defaultSelector: (pod) => spreadSelectorOf(scenario, pod),
  });
  for (const [name, labels] of Object.entries(namespaces)) cache.setNamespace(name, labels);
  for (const node of nodes) cache.setNode(node);
  for (const budget of budgets) cache.budgets.set(budget);
  for (const csiNode of csiNodes) cache.attached.setNode(csiNode);
  const isRunning = ({ status }: Pod) =>
    status?.phase !== "Succeeded" && status?.phase !== "Failed";
  for (const pod of pods.filter(isRunning)) cache.setPod(pod);
  return cache;
}

export function coreReplayer(scenario: Scenario, module?: WebAssembly.Module): Replayer {
  const cache = cacheOf(scenario, { module });
  const profile = profileOf(scenario);
  return {
    bind: (pod, nodeName) => cache.setPod({ ...pod, spec: { ...pod.spec, nodeName } }),
    decide: (pod) => ask(cache, pod, profile),
    evict: (key) => cache.removePod(key),
  };
}
