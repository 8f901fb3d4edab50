/** The siege's outcome as a table: a line an attack, and what stands at its end. */
import type { Outcome, Row } from "./siege.ts";

const milliseconds = (ms: number): string => (Number.isNaN(ms) ? "-" : ms.toFixed(ms < 10 ? 1 : 0));
const ratio = (of: number, to: number): string =>
  Number.isNaN(of / to) ? "-" : (of / to).toFixed(1);

/** The most frequent first. */
function answersOf(answers: ReadonlyMap<string, number>): string {
  return [...answers]
    .sort(([, a], [, b]) => b - a)
    .slice(0, 5)
    .map(([how, count]) => `${how} x ${count}`)
    .join(", ");
}

function lineOf(row: Row): string {
  const cells = [
    row.name,
    row.requests,
    answersOf(row.answers),
    milliseconds(row.control),
    milliseconds(row.twin),
    milliseconds(row.during),
    ratio(row.during, row.control),
    milliseconds(row.loop),
    row.processor.toFixed(2),
    `${row.memoryBefore.toFixed(0)} / ${row.memoryAfter.toFixed(0)}`,
    row.failed.length,
  ];
  return `| ${cells.join(" | ")} |`;
}

export function table(outcome: Outcome): string {
  const { rows, start, end, before, control, during } = outcome;
  return [
    "| attack | requests | answers | load p99, crowd elsewhere, ms | at a twin of ours | crowd here | ratio | of the loop's work | processors | memory before / after, MiB | load failed |",
    "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ...rows.map(lineOf),
    "",
    `load: ${outcome.loadRequests} requests, ${outcome.loadFailed.length} failed; p99 ${milliseconds(before)} ms in the calm, ${milliseconds(control)} ms with the crowds at a server that does nothing, ${milliseconds(during)} ms with them here, ratio ${ratio(during, control)}`,
    `memory: ${start.memory.toFixed(0)} MiB before, ${end.memory.toFixed(0)} MiB after; sockets ${start.sockets} / ${end.sockets}, watches ${start.watches} / ${end.watches}`,
    `crashes: ${outcome.died === "" ? 0 : 1}`,
  ].join("\n");
}
