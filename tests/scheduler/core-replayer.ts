/** The product's cache and module behind the same face as the oracle. */
import type { Pod } from "#gen/api/core/v1.ts";
import { SchedulerCache } from "#scheduler/cache.ts";
import { refusalOf, scoresOf, verdicts } from "#scheduler/explain.ts";
import type { Answer, Replayer } from "./replay.ts";
import type { Scenario } from "./traces.ts";

const never = "not eligible due to preemptionPolicy=Never.";

/** What the module says of one pod, and where it would put it. */
export function ask(cache: SchedulerCache, pod: Pod): Answer {
  const [encoded] = cache.encode([pod]);
  if (encoded === undefined) throw new Error("a pod is encoded");
  const chosen = cache.core.calls.choose(encoded.cls.address, encoded.pin);
  const found = verdicts(cache, encoded);
  const feasible = [...found].filter(([, verdict]) => verdict === 0).map(([slot]) => slot);
  const scores = new Map(feasible.map((slot) => [cache.nodes.nameOf(slot), scoresOf(cache, slot)]));
  const totals = [...scores].map(
    ([name, parts]) => [name, Object.values(parts).reduce((a, b) => a + b, 0)] as const,
  );
  const { message } = refusalOf(cache, encoded, {
    pod,
    eligible: () => (pod.spec.preemptionPolicy === "Never" ? never : undefined),
  });
  return {
    scores,
    totals: new Map(totals),
    chosen: chosen < 0 ? undefined : cache.nodes.nameOf(chosen),
    message: feasible.length === 0 ? message : undefined,
  };
}

export function coreReplayer({ nodes, pods, namespaces, seed }: Scenario): Replayer {
  const cache = new SchedulerCache({ seed });
  for (const [name, labels] of Object.entries(namespaces)) cache.setNamespace(name, labels);
  for (const node of nodes) cache.setNode(node);
  const bind = (pod: Pod, nodeName: string) =>
    cache.setPod({ ...pod, spec: { ...pod.spec, nodeName } });
  for (const pod of pods) bind(pod, pod.spec.nodeName ?? "");
  return { bind, decide: (pod) => ask(cache, pod) };
}
