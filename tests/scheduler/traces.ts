/** The stock scheduler's recorded thoughts (see tests/golden/traces/README.md), one scenario a line. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Selector } from "#apimachinery/labels.ts";
import type { ReplicaSet, StatefulSet } from "#gen/api/apps/v1.ts";
import type {
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  Service,
} from "#gen/api/core/v1.ts";
import type { PodDisruptionBudget } from "#gen/api/policy/v1.ts";
import type { CSIDriver, CSINode, CSIStorageCapacity, StorageClass } from "#gen/api/storage/v1.ts";
import { defaultSpreadSelector } from "#scheduler/spread-selector.ts";

export interface TraceStep {
  readonly pod: Pod;
  readonly node: string | null;
  readonly message: string | null;
  /** Where room was made for it first; `node` is then where it went afterwards, or null. */
  readonly nominated?: string | undefined;
  /** "namespace/name" of the evicted. */
  readonly victims?: readonly string[] | undefined;
  /** It was deleted before it was bound: its volumes would have had to be made first. */
  readonly left?: boolean | undefined;
  readonly scores: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly total: Readonly<Record<string, number>>;
}

/** How a scenario stands before its first step. */
export interface Opening {
  readonly seed: number;
  readonly namespaces: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly nodes: readonly Node[];
  readonly pods: readonly Pod[];
  readonly budgets?: readonly PodDisruptionBudget[] | undefined;
  readonly services?: readonly Service[] | undefined;
  readonly replicaSets?: readonly ReplicaSet[] | undefined;
  readonly statefulSets?: readonly StatefulSet[] | undefined;
  readonly volumes?: readonly PersistentVolume[] | undefined;
  readonly claims?: readonly PersistentVolumeClaim[] | undefined;
  readonly classes?: readonly StorageClass[] | undefined;
  readonly drivers?: readonly CSIDriver[] | undefined;
  readonly csiNodes?: readonly CSINode[] | undefined;
  readonly capacities?: readonly CSIStorageCapacity[] | undefined;
  /** Of the scheduler, where it is not the default. */
  readonly configuration?: Readonly<Record<string, unknown>> | undefined;
}

export interface Scenario extends Opening {
  readonly steps: readonly TraceStep[];
}

const golden = (name: string) => join(import.meta.dirname, "..", "golden", "traces", name);

/** What comes with the issue; nothing preempts, no volumes. */
const publicTraces = ["public.jsonl.gz", "public-large.jsonl.gz"].map(golden);

export const storageTraces = golden("storage.jsonl.gz");

export const unusualTraces = golden("unusual.jsonl.gz");

/** Beside them those recorded here (see the README there). */
export const traceFiles = [...publicTraces, golden("mixed.jsonl.gz"), storageTraces, unusualTraces];

/** Lists of objects are known by the kind of what they hold, whatever they are called. */
const listOfKind: Readonly<Record<string, keyof Opening>> = {
  PodDisruptionBudget: "budgets",
  Service: "services",
  ReplicaSet: "replicaSets",
  StatefulSet: "statefulSets",
  PersistentVolume: "volumes",
  PersistentVolumeClaim: "claims",
  StorageClass: "classes",
  CSIDriver: "drivers",
  CSINode: "csiNodes",
  CSIStorageCapacity: "capacities",
};
const listOfName: Readonly<Record<string, keyof Opening>> = {
  pdbs: "budgets",
  poddisruptionbudgets: "budgets",
  pvs: "volumes",
  persistentvolumes: "volumes",
  pvcs: "claims",
  persistentvolumeclaims: "claims",
  storageclasses: "classes",
  csidrivers: "drivers",
  csinodes: "csiNodes",
  csistoragecapacities: "capacities",
  config: "configuration",
};

/** The selector of default spreading of a pod in a scenario. */
export function spreadSelectorOf(opening: Opening, pod: Pod): Selector | undefined {
  const { services = [], replicaSets = [], statefulSets = [] } = opening;
  return defaultSpreadSelector(pod, {
    services: (namespace) => services.filter((one) => one.metadata.namespace === namespace),
    replicationController: () => undefined,
    selectorOf(kind, namespace, name) {
      const known =
        kind === "ReplicaSet" ? replicaSets : kind === "StatefulSet" ? statefulSets : [];
      return known.find(
        ({ metadata }) => metadata.namespace === namespace && metadata.name === name,
      )?.spec.selector;
    },
  });
}

type Raw = Readonly<Record<string, unknown>>;

function isRaw(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nameOfVictim(victim: unknown, namespace: string): string {
  if (typeof victim === "string") return victim.includes("/") ? victim : `${namespace}/${victim}`;
  if (!isRaw(victim)) return String(victim);
  const about = isRaw(victim["metadata"]) ? victim["metadata"] : victim;
  return `${about["namespace"] ?? namespace}/${about["name"]}`;
}

/** Other names of the same thing are taken as well: recorders differ in them. */
function readStep(step: Raw & Pick<TraceStep, "pod">): Raw {
  const nominated = step["nominated"] ?? step["nominatedNodeName"] ?? step["nominatedNode"];
  const victims = step["victims"] ?? step["preempted"] ?? step["evicted"];
  const namespace = step.pod.metadata.namespace ?? "default";
  return {
    scores: {},
    total: {},
    message: null,
    node: null,
    ...step,
    nominated: nominated || undefined,
    victims: Array.isArray(victims)
      ? victims.map((victim: unknown) => nameOfVictim(victim, namespace))
      : undefined,
  };
}

function readScenario(raw: Raw): Raw {
  const known: Record<string, unknown> = { seed: 0, namespaces: {}, pods: [], ...raw };
  for (const [name, value] of Object.entries(raw)) {
    const first: unknown = Array.isArray(value) ? value[0] : undefined;
    const kind = isRaw(first) ? String(first["kind"] ?? "") : "";
    const field = listOfKind[kind] ?? listOfName[name.toLowerCase()];
    if (field !== undefined) known[field] = value;
  }
  const { steps } = raw as unknown as Scenario;
  return { ...known, steps: steps.map((step) => readStep(step as unknown as Raw & TraceStep)) };
}

export function readTraces(file: string): Scenario[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => readScenario(JSON.parse(line)) as unknown as Scenario);
}
