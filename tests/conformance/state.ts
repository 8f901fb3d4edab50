/**
 * What is known to pass: one line a test in state.tsv, `where<TAB>name`. Where: `simulated` (nodes without containers
 * are enough), `containerd` (passes with real containers), `containerd with cluster DNS`, else what it still lacks.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Result } from "./e2e.ts";

export type Runtime = "simulated" | "containerd" | "containerd with cluster DNS";

/** What each kind of node can show. */
const shown: Readonly<Record<Runtime, readonly Runtime[]>> = {
  simulated: ["simulated"],
  containerd: ["containerd"],
  "containerd with cluster DNS": ["containerd", "containerd with cluster DNS"],
};

const shows = (runtime: Runtime, where: string | undefined): boolean =>
  shown[runtime].some((one) => one === where);

/** By the whole name of the test. */
export type State = ReadonlyMap<string, string>;

const path = join(import.meta.dirname, "state.tsv");
const unknown = "not run yet";
const failed = "fails";

export const isPassing = (where: string | undefined): where is Runtime =>
  where !== undefined && Object.hasOwn(shown, where);

export function readState(): State {
  const lines = readFileSync(path, "utf8").split("\n");
  return new Map(
    lines.flatMap((line) => {
      const [where, name] = line.split("\t");
      return where === undefined || name === undefined ? [] : [[name, where] as const];
    }),
  );
}

export function writeState(state: State): void {
  writeFileSync(path, [...state].map(([name, where]) => `${where}\t${name}\n`).join(""));
}

/** Whether nodes of this kind can show anything about the test: not where the other kind is needed, or something else. */
export function concerns(runtime: Runtime, where: string | undefined): boolean {
  if (isPassing(where)) return shows(runtime, where);
  return where?.startsWith("needs ") !== true;
}

/** The state after these results. What a test lacks was found out by people and stays until it passes. */
export function stateAfter(
  state: State,
  tests: readonly string[],
  results: ReadonlyMap<string, Result>,
  runtime: Runtime,
): State {
  return new Map(
    tests.map((test) => {
      const before = state.get(test) ?? unknown;
      const result = results.get(test);
      if (result === undefined) return [test, before];
      const known = before === "simulated" || shows(runtime, before);
      if (result.passed) return [test, known ? before : runtime];
      return [test, shows(runtime, before) || before === unknown ? failed : before];
    }),
  );
}

/** Tests that passed on this kind of node and do not any more. */
export function regressions(
  state: State,
  results: readonly Result[],
  runtime: Runtime,
): readonly string[] {
  return results
    .filter(({ test, passed }) => !passed && shows(runtime, state.get(test)))
    .map(({ test }) => test);
}
