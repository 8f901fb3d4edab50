/** Tables of custom resources: Name, then the columns that the definition asks for, else Age. */

import type { CustomResourceColumnDefinition } from "#gen/api/apiextensions/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { since } from "#resources/cells.ts";
import type { Cell, CellContext, Column, Resource } from "#resources/resource.ts";
import { type JsonPath, parseJsonPath, valuesAt } from "./json-path.ts";

const nameColumn: Column = { name: "Name", type: "string", format: "name", priority: 0 };
const ageColumn: CustomResourceColumnDefinition = {
  name: "Age",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
};

/** What a value shows under a column's type; null where it is of another. */
function shown(value: unknown, type: string, context: CellContext): Cell {
  if (value === undefined || value === null) return null;
  switch (type) {
    case "integer":
      return typeof value === "number" ? Math.trunc(value) : null;
    case "number":
      return typeof value === "number" ? value : null;
    case "boolean":
      return typeof value === "boolean" ? value : null;
    case "date":
      return typeof value === "string" ? since(value, context) : "<invalid>";
    default:
      return typeof value === "object" ? JSON.stringify(value) : String(value);
  }
}

interface Shown {
  readonly path: JsonPath;
  readonly type: string;
}

function cellOf(object: KubeObject, { path, type }: Shown, context: CellContext): Cell {
  const values = valuesAt(object, path);
  if (values.length <= 1) return shown(values[0], type, context);
  return values.map((value) => shown(value, "string", context)).join(",");
}

export function printerColumns(
  definitions: readonly CustomResourceColumnDefinition[] | undefined,
): Pick<Resource, "cells" | "columns"> {
  const wanted = definitions ?? [ageColumn];
  const paths = wanted.map(({ jsonPath, type }) => ({ path: parseJsonPath(jsonPath) ?? [], type }));
  return {
    columns: [
      nameColumn,
      ...wanted.map(({ name, type, format = "", priority = 0, description, jsonPath }) => ({
        name,
        type,
        format,
        priority,
        description:
          description ?? `Custom resource definition column (in JSONPath format): ${jsonPath}`,
      })),
    ],
    cells: (object, context) => [
      object.metadata.name,
      ...paths.map((column) => cellOf(object, column, context)),
    ],
  };
}
