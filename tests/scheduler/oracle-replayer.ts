/** The oracle behind the same face as the product. */
import { matches } from "#apimachinery/labels.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import type { Cluster } from "./oracle/cluster.ts";
import { think } from "./oracle/cycle.ts";
import { bestCandidates } from "./oracle/default-preemption.ts";
import { type OracleProfile, runs } from "./oracle/settings.ts";
import { noStorage } from "./oracle/storage.ts";
import { unasked } from "./oracle/unasked.ts";
import { type Answer, podName, type Replayer } from "./replay.ts";
import { type Opening, type Scenario, spreadSelectorOf } from "./traces.ts";

function profilesOf({ configuration = {} }: Opening): readonly OracleProfile[] {
  // As the recording's scheduler read it.
  return (configuration["profiles"] ?? []) as readonly OracleProfile[];
}

const isRunning = ({ status }: Pod) => status?.phase !== "Succeeded" && status?.phase !== "Failed";

function answerOf(pod: Pod, cluster: Cluster): Answer {
  const nowhere = { scores: new Map(), totals: new Map() };
  if (unasked(pod, cluster) !== undefined) return nowhere;
  const thought = think(pod, cluster);
  const [profile] = cluster.profiles ?? [];
  const preempts = profile === undefined || runs("DefaultPreemption", "postFilter", profile);
  if (thought.totals.size > 0 || !preempts || pod.spec.preemptionPolicy === "Never") return thought;
  const room = bestCandidates(pod, cluster).map(
    ({ node, victims }) => [node, victims.map(podName).sort()] as const,
  );
  return { ...thought, makesRoom: new Map(room) };
}

export function oracleReplayer(scenario: Scenario): Replayer {
  const { nodes, pods, namespaces, budgets = [], volumes = [], claims = [] } = scenario;
  const { classes = [], drivers = [], csiNodes = [], capacities = [] } = scenario;
  const at = new Map(nodes.map((node) => [node.metadata.name, { node, pods: [] as Pod[] }]));
  const bind = (pod: Pod, node: string) =>
    void at.get(node)?.pods.push({ ...pod, spec: { ...pod.spec, nodeName: node } });
  for (const pod of pods.filter(isRunning)) bind(pod, pod.spec.nodeName ?? "");
  const cluster: Cluster = {
    nodes: [],
    namespaces,
    budgets,
    profiles: profilesOf(scenario),
    storage: { ...noStorage, volumes, claims, classes, drivers, csiNodes, capacities },
    defaultSpreadSelector(pod) {
      const selector = spreadSelectorOf(scenario, pod);
      return selector && ((labels) => matches(selector, labels ?? {}));
    },
  };
  return {
    bind,
    // A cluster never changes: pods were bound since, so this is another.
    decide: (pod) =>
      answerOf(pod, {
        ...cluster,
        nodes: [...at.values()].map((one) => ({ ...one, pods: [...one.pods] })),
      }),
    evict(key) {
      for (const node of at.values()) {
        const index = node.pods.findIndex((pod) => podName(pod) === key);
        if (index >= 0) node.pods.splice(index, 1);
      }
    },
  };
}
