import type { Pod } from "#gen/api/core/v1.ts";
import type { Cluster } from "./oracle/cluster.ts";
import { think } from "./oracle/cycle.ts";
import type { Replayer } from "./replay.ts";
import type { Scenario } from "./traces.ts";

export function oracleReplayer({ nodes, pods, namespaces }: Scenario): Replayer {
  const at = new Map(nodes.map((node) => [node.metadata.name, { node, pods: [] as Pod[] }]));
  const cluster: Cluster = { nodes: [...at.values()], namespaces };
  const bind = (pod: Pod, node: string) => void at.get(node)?.pods.push(pod);
  for (const pod of pods) bind(pod, pod.spec.nodeName ?? "");
  // A cluster never changes: pods were bound since, so this is another.
  return { bind, decide: (pod) => think(pod, { ...cluster }) };
}
