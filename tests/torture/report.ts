/** What a run did and found, as tables. */
import type { Assertion, Violation, WriteRecord } from "../simulation/history.ts";
import type { Record } from "./record.ts";
import type { Outcome } from "./torture.ts";

/** The reference's section 5, in a few words each. */
const assertions: Readonly<globalThis.Record<Assertion, string>> = {
  1: "real-time order, revisions without hole or double",
  2: "every list is the state at its revision, and fresh",
  3: "compare-and-swap: what is replaced was expected, conflicts are true",
  4: "acknowledged survives, unknown is whole or not at all, nothing twice",
  5: "watches: ordered, unique, without a gap, over reconnections",
  6: "the initial set of a watch is the state at its bookmark",
  7: "pages and exact lists are the state at one revision",
  8: "410 only below what is compacted, epochs fence what was lost",
  9: "at rest every server writes, watchers reach the head, memory is back",
  10: "no address and no quota beyond its bound",
};

const kinds = ["create", "update", "delete"] as const;
const outcomes = ["written", "conflict", "refused", "unknown"] as const;

function kindOf({ mark, expected }: WriteRecord): (typeof kinds)[number] {
  if (mark.startsWith("delete of")) return "delete";
  return expected === 0 ? "create" : "update";
}

function table(rows: readonly (readonly (string | number)[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => `${row[at] ?? ""}`.length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, at) =>
          typeof cell === "number"
            ? `${cell}`.padStart(widths[at] ?? 0)
            : cell.padEnd(widths[at] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function operations({ writes, counts }: Record): string {
  const rows = kinds.map((kind) => {
    const ofKind = writes.filter((write) => kindOf(write) === kind);
    const sums = outcomes.map((outcome) => ofKind.filter((it) => it.outcome === outcome).length);
    return [kind, ...sums];
  });
  const { lists, events, expired } = counts;
  const read = `lists ${lists}, watched events ${events}, watches expired ${expired}`;
  return `${table([["operation", ...outcomes], ...rows])}\n${read}`;
}

export function violationsShown(violations: readonly Violation[], most: number): string[] {
  return violations.slice(0, most).map(({ assertion, what }) => `violated ${assertion}: ${what}`);
}

/** Beyond it the list says nothing new. */
const violationsShownMax = 20;

export function reportOf({ record, faults }: Outcome): string {
  const { violations, checked } = record;
  const broken = (assertion: number): number =>
    violations.filter((violation) => violation.assertion === assertion).length;
  const held = Object.entries(assertions).map(([number, what]) => {
    const assertion = Number(number);
    const looks = [...checked].find(([each]) => each === assertion)?.[1] ?? 0;
    return [assertion, what, looks, broken(assertion)];
  });
  return [
    operations(record),
    table([["fault", "times"], ...faults]),
    table([["", "assertion", "looked at", "violations"], ...held]),
    ...violationsShown(violations, violationsShownMax),
    `violations: ${violations.length}`,
  ].join("\n\n");
}
