/** Rows that a seed makes up: one line a set. */
import type { Maker } from "../../values.ts";
import type { Row } from "../row.ts";
import { applyRows } from "./apply.ts";
import { jsonRows } from "./json.ts";
import { strategicRows } from "./strategic.ts";

export const seededSets: Readonly<Record<string, (maker: Maker) => readonly Row[]>> = {
  "seeded-apply": applyRows,
  "seeded-json": jsonRows,
  "seeded-strategic": strategicRows,
};
