/** What is known of the tests, by SIG. */
import { sigOf } from "./groups.ts";
import { isPassing, type State } from "./state.ts";

const row = (...cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;

function counts(name: string, wheres: readonly string[]): string {
  const simulated = wheres.filter((where) => where === "simulated").length;
  const containerd = wheres.filter((where) => where.startsWith("containerd")).length;
  const rest = wheres.length - simulated - containerd;
  return row(name, wheres.length, simulated + containerd, simulated, containerd, rest);
}

/** Markdown: a row a SIG, a sum, then what the others lack. */
export function tableOf(state: State): string {
  const all = [...state];
  const sigs = [...Map.groupBy(all, ([name]) => sigOf(name))].sort(([a], [b]) => (a < b ? -1 : 1));
  const wheresOf = (entries: typeof all): string[] => entries.map(([, where]) => where);
  const lacking = [...Map.groupBy(all, ([, where]) => where)]
    .filter(([where]) => !isPassing(where))
    .sort(([, a], [, b]) => b.length - a.length);
  return [
    "| SIG | conformance tests | pass | on simulated nodes | with containers | do not pass |",
    "|---|---:|---:|---:|---:|---:|",
    ...sigs.map(([sig, entries]) => counts(sig, wheresOf(entries))),
    counts("all", wheresOf(all)),
    "",
    ...lacking.flatMap(([where, entries]) => [
      `${where} (${entries.length}):`,
      ...entries.map(([name]) => `- ${name}`),
    ]),
    "",
  ].join("\n");
}
