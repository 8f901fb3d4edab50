/** Faults planted in what surrounds the module: each has to fail the tests that are named beside it. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";

export interface HostMutant {
  /** The plugin or the rule that it breaks. */
  readonly about: string;
  /** Below server/. */
  readonly file: string;
  readonly find: string;
  readonly put: string;
  /** Arguments of `bun test`. */
  readonly tests: readonly string[];
}

const queue = ["server/scheduler/queue.test.ts"];
const claiming = ["tests/scheduler/random.test.ts", "-t", "devices"];
const stored = ["tests/scheduler/core.test.ts", "-t", "storage"];

export const hostMutants: readonly HostMutant[] = [
  {
    about: "SchedulingGates",
    file: "scheduler/queue.ts",
    find: "return this.#options.holdsGated?.(pod) ?? true;",
    put: "return false;",
    tests: queue,
  },
  {
    about: "PrioritySort",
    file: "scheduler/lanes.ts",
    find: "sort((a, b) => b - a)",
    put: "sort((a, b) => a - b)",
    tests: ["server/scheduler/lanes.test.ts", ...queue],
  },
  {
    about: "backoff",
    file: "scheduler/queue.ts",
    find: "2 ** Math.max(0, attempts - 1)",
    put: "2 ** Math.max(0, attempts)",
    tests: queue,
  },
  {
    about: "nobody waits for ever",
    file: "scheduler/queue.ts",
    find: "if (now - queued.attemptedAt < unschedulableMax) continue;",
    put: "continue;",
    tests: queue,
  },
  {
    about: "queueing hint of NodeResourcesFit",
    file: "scheduler/plugins/pod-changes.ts",
    find: "if (now === undefined) return true;\n  return !deepEqual(before.spec",
    put: "if (now === undefined) return false;\n  return !deepEqual(before.spec",
    tests: ["tests/scheduler/hints.test.ts"],
  },
  {
    about: "queueing hint of PodTopologySpread and InterPodAffinity",
    file: "scheduler/plugins/pod-changes.ts",
    find: "if (before === undefined || now === undefined) return true;",
    put: "if (before === undefined || now === undefined) return false;",
    tests: ["tests/scheduler/hints.test.ts"],
  },
  {
    about: "Permit: who waits is let through by its plugins alone",
    file: "scheduler/permit.ts",
    find: 'return this.#end("Unschedulable", message);',
    put: 'return this.#end("Success", message);',
    tests: ["tests/scheduler/permit.test.ts"],
  },
  {
    about: "VolumeRestrictions",
    file: "scheduler/disks.ts",
    find: "readOnly: gcePersistentDisk.readOnly ?? false",
    put: "readOnly: true",
    tests: stored,
  },
  {
    about: "NodeVolumeLimits",
    file: "scheduler/attached-volumes.ts",
    find: "[[name, allocatable.count + 1] as const]",
    put: "[[name, allocatable.count + 2] as const]",
    tests: stored,
  },
  {
    about: "VolumeBinding",
    file: "scheduler/volume-binding.ts",
    find: "roomOf(volume) >= sizeOf(claim)",
    put: "roomOf(volume) > 0",
    tests: stored,
  },
  {
    about: "VolumeZone",
    file: "scheduler/volume-lists.ts",
    find: 'const zones = value.split("__");',
    put: "const zones = [value];",
    tests: stored,
  },
  {
    about: "DynamicResources: what is taken",
    file: "scheduler/devices/search.ts",
    find: "this.#ledger.isTaken(key) || ",
    put: "",
    tests: claiming,
  },
  {
    about: "DynamicResources: counters of partitions",
    file: "scheduler/devices/counters.ts",
    find: "if (!enough) giveCounters(left, device);\n  return enough;",
    put: "return true;",
    tests: claiming,
  },
  {
    about: "DynamicResources: constraints",
    file: "scheduler/devices/constraints.ts",
    find: ": first === undefined || first === value;",
    put: ": true;",
    tests: claiming,
  },
  {
    about: "DynamicResources: what the first alternative is worth",
    file: "scheduler/devices/plan.ts",
    find: "sum += bestAlternative - index;",
    put: "sum += bestAlternative;",
    tests: claiming,
  },
  {
    about: "DynamicResources: nodes without devices",
    file: "scheduler/devices/plan.ts",
    find: "({ name }) => !names.has(name)",
    put: "() => true",
    tests: ["tests/scheduler/devices.test.ts"],
  },
  {
    about: "DefaultPreemption: PriorityClasses that never preempt",
    file: "scheduler/scheduler.ts",
    find: 'if (pod.spec.preemptionPolicy === "Never")',
    put: 'if (pod.spec.preemptionPolicy === "never")',
    tests: ["tests/scheduler/preemption.test.ts"],
  },
];

const root = join(import.meta.dirname, "../..");
const planter = join(root, "tests/torture/mutate.ts");

/** Sets of tests that pass where nothing is planted: others could not tell a fault. */
const passing = new Set<string>();

function passes(tests: readonly string[], planted: object | undefined): boolean {
  const plant = planted === undefined ? [] : ["--preload", planter];
  const flags = ["test", "--timeout", "60000", "--bail", ...plant, ...tests];
  const env = { ...process.env, KUBUN_TORTURE_MUTANT: JSON.stringify(planted) };
  return spawnSync(process.execPath, flags, { cwd: root, env, stdio: "ignore" }).status === 0;
}

export function isCaught({ file, find, put: replace, tests }: HostMutant): boolean {
  const key = tests.join(" ");
  if (!passing.has(key) && !passes(tests, undefined)) throw new Error(`fails as it is: ${key}`);
  passing.add(key);
  // A mutant that cannot be planted would fail any test.
  if (readFileSync(join(root, "server", file), "utf8").split(find).length !== 2)
    throw new Error(`${file} has no one place for: ${find}`);
  return !passes(tests, { file, find, replace });
}
