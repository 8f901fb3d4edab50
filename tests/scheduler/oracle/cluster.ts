/** What the oracle looks at: every object as the API gives it. A cluster never changes: it is made anew. */
import type { Node, Pod } from "#gen/api/core/v1.ts";
import type { PodDisruptionBudget } from "#gen/api/policy/v1.ts";
import type { Devices } from "./devices.ts";
import type { OracleProfile } from "./settings.ts";
import type { Storage } from "./storage.ts";

export interface OracleNode {
  readonly node: Node;
  /** Bound to it and not finished. */
  readonly pods: readonly Pod[];
}

export interface Cluster {
  readonly nodes: readonly OracleNode[];
  /** Pods for which room is made on a node. */
  readonly nominated?: readonly { readonly pod: Pod; readonly node: string }[];
  readonly budgets?: readonly PodDisruptionBudget[];
  readonly namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** By the scheduler name of pods; who is not among them is scheduled as upstream does by default. */
  readonly profiles?: readonly OracleProfile[] | undefined;
  readonly storage?: Storage | undefined;
  readonly devices?: Devices | undefined;
  /** Matching Services' and the owner's selector (system default spread); undefined: none. */
  readonly defaultSpreadSelector?:
    | ((pod: Pod) => ((labels: Labels) => boolean) | undefined)
    | undefined;
}

export type Labels = Readonly<Record<string, string>> | undefined;

/** Why one plugin refuses one node; `unresolvable` when evicting pods could not help. */
export interface Refusal {
  readonly reasons: readonly string[];
  readonly unresolvable: boolean;
}

export type Filter = (pod: Pod, at: OracleNode, cluster: Cluster) => Refusal | undefined;

/** Normalized scores of the feasible nodes, in their order; undefined when the plugin skips. */
export type Score = (
  pod: Pod,
  feasible: readonly OracleNode[],
  cluster: Cluster,
) => readonly number[] | undefined;

/** `make`'s answer about the cluster, made once for each key. */
export function once<T>(make: (cluster: Cluster, key: string) => T) {
  const known = new WeakMap<Cluster, Map<string, T>>();
  return (cluster: Cluster, key: string): T => {
    const answers = known.get(cluster) ?? new Map<string, T>();
    known.set(cluster, answers);
    const answer = answers.get(key) ?? make(cluster, key);
    answers.set(key, answer);
    return answer;
  };
}
