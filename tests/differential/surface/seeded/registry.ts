/** Rows that a seed makes up: one line a set. */
import type { Maker } from "../../values.ts";
import type { Row } from "../row.ts";
import { applyRows } from "./apply.ts";
import { bodyRows } from "./bodies.ts";
import { cellRows } from "./cells.ts";
import { jsonRows } from "./json.ts";
import { fieldRows, optionRows } from "./options.ts";
import { protobufRows } from "./protobuf.ts";
import { strategicRows } from "./strategic.ts";
import { tableRows } from "./tables/registry.ts";

export const seededSets: Readonly<Record<string, (maker: Maker) => readonly Row[]>> = {
  "seeded-apply": applyRows,
  "seeded-bodies": bodyRows,
  "seeded-cells": cellRows,
  "seeded-fields": fieldRows,
  "seeded-json": jsonRows,
  "seeded-options": optionRows,
  "seeded-protobuf": protobufRows,
  "seeded-strategic": strategicRows,
  "seeded-tables": tableRows,
};
