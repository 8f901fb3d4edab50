/** Conformance tests by SIG and subject, and which of them a simulated node cannot answer. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Group {
  readonly sig: string;
  /** `Deployment`, `Garbage`: the first word of its tests behind the SIG. */
  readonly name: string;
  readonly tests: readonly string[];
  /** Upstream says that nothing else may run meanwhile. */
  readonly serial: boolean;
}

export function sigOf(test: string): string {
  return /^\[sig-([a-z-]+)\]/.exec(test)?.[1] ?? "other";
}

function subjectOf(test: string): string {
  const [first = "other"] = test.replace(/^\[sig-[a-z-]+\]\s*/, "").split(/[\s[]+/, 1);
  return first === "" ? "other" : first;
}

const needing = readFileSync(join(import.meta.dirname, "needs-containers.txt"), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"));

export function needsContainers(test: string): boolean {
  return needing.some((start) => test.startsWith(start));
}

/** In the order in which they were listed. Serial tests stand in groups of their own. */
export function groupsOf(tests: readonly string[]): readonly Group[] {
  const groups = Map.groupBy(tests, (test) => {
    const serial = test.includes("[Serial]") || test.includes("[Disruptive]");
    return JSON.stringify([sigOf(test), subjectOf(test), serial]);
  });
  return [...groups].map(([key, members]) => {
    const [sig = "", name = "", serial] = JSON.parse(key);
    return { sig, name, serial: serial === true, tests: members };
  });
}
