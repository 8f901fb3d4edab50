/** Conformance tests by SIG and subject. */

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

/** In the order in which they were listed, at most `size` in one. Serial tests stand in groups of their own. */
export function groupsOf(tests: readonly string[], size: number): readonly Group[] {
  const groups = Map.groupBy(tests, (test) => {
    const serial = test.includes("[Serial]") || test.includes("[Disruptive]");
    return JSON.stringify([sigOf(test), subjectOf(test), serial]);
  });
  return [...groups].flatMap(([key, members]) => {
    const [sig = "", name = "", serial] = JSON.parse(key);
    return Array.from({ length: Math.ceil(members.length / size) }, (_, index) => ({
      sig,
      name,
      serial: serial === true,
      tests: members.slice(index * size, (index + 1) * size),
    }));
  });
}
