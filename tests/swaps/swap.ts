/** A swap: parts change sides, and everything that must hold then is checked and counted, row by row. */
export type Side = "on our API server" | "on a stock API server";

export interface Row {
  readonly side: Side;
  readonly part: string;
  readonly must: string;
  readonly verdict: "met" | "not met" | "skipped";
  /** What was counted, or why it was not met, or skipped. */
  readonly said: string;
}

export interface Check {
  readonly must: string;
  /** What was done, with counts. Throws where it must but does not. */
  run(): Promise<string>;
}

export interface OpenSwap {
  /** One stage after the other; the checks of a stage at once. */
  readonly stages: readonly (readonly Check[])[];
  close(): Promise<void>;
}

export interface Swap {
  readonly side: Side;
  readonly part: string;
  /** Sentences; empty: it can run here. */
  missing(): Promise<readonly string[]>;
  open(): Promise<OpenSwap>;
}

/** Of a reason in the table; all of it was printed before. */
const reasonLengthMax = 160;

function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0]?.slice(0, reasonLengthMax) ?? "";
}

export async function runSwap(swap: Swap, say: (line: string) => void): Promise<readonly Row[]> {
  const { side, part } = swap;
  const missing = await swap.missing();
  if (missing.length > 0) {
    return [{ side, part, must: "all of it", verdict: "skipped", said: missing.join("; ") }];
  }
  const rows: Row[] = [];
  const judge = async ({ must, run }: Check): Promise<void> => {
    const start = performance.now();
    const [verdict, said] = await run().then(
      (done) => ["met", done] as const,
      (error: unknown) => {
        say(error instanceof Error ? (error.stack ?? error.message) : String(error));
        return ["not met", oneLine(error)] as const;
      },
    );
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    say(`${part} ${side}: ${must}: ${verdict} (${seconds} s): ${said}`);
    rows.push({ side, part, must, verdict, said });
  };
  let open: OpenSwap | undefined;
  const opening: Check = {
    must: "start",
    async run() {
      open = await swap.open();
      return "started";
    },
  };
  await judge(opening);
  try {
    for (const stage of open?.stages ?? []) await Promise.all(stage.map(judge));
  } finally {
    await open?.close();
  }
  return rows;
}

const columns = ["part", "side", "must", "verdict", "said"] as const;

/** As text, ready to be printed. */
export function tableOf(rows: readonly Row[]): string {
  const head = { part: "part", side: "where", must: "must", verdict: "", said: "what was done" };
  const all = [head, ...rows];
  const widths = columns.map((column) => Math.max(...all.map((row) => row[column].length)));
  const line = (row: Readonly<Record<(typeof columns)[number], string>>): string =>
    columns
      .map((column, at) => row[column].padEnd(widths[at] ?? 0))
      .join("  ")
      .trimEnd();
  const count = (verdict: Row["verdict"]): number =>
    rows.filter((row) => row.verdict === verdict).length;
  const sum = `${count("met")} met, ${count("not met")} not met, ${count("skipped")} skipped`;
  return [...all.map(line), sum].join("\n");
}
