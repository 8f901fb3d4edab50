/** Texts and numbers at the edges of every rule that a field may have: each is wrong, or barely right, somewhere. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const file = join(import.meta.dirname, "../../golden/edge-values.jsonl");

function read(line: string): [name: string, list: readonly string[]] {
  const { name, list }: { name: string; list: readonly string[] } = JSON.parse(line);
  return [name, list];
}

const lists = new Map(readFileSync(file, "utf8").trim().split("\n").map(read));

export type EdgeName =
  | "names"
  | "addresses"
  | "sentences"
  /** As they are written: some are no JavaScript numbers. */
  | "numbers"
  | "quantities"
  | "durations"
  | "moments";

export const edges = (name: EdgeName): readonly string[] => lists.get(name) ?? [];
