/** Objects with a part of every sort in them, so that the walk comes to fields that plain ones do not open. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Base, baseOf, type Recorded } from "../bases.ts";

const file = join(import.meta.dirname, "../../golden/rich-objects.jsonl");

const readObject = (line: string): Base => {
  const recorded: Recorded = JSON.parse(line);
  return baseOf(recorded);
};

export const rich: readonly Base[] = readFileSync(file, "utf8").trim().split("\n").map(readObject);
