/** meta.k8s.io Table: the generated columns of a resource, a row an object. */
import { printed } from "#apimachinery/codec/printed.ts";
import { badRequest } from "#apimachinery/status.ts";
import type { Endpoint } from "#apiserver/endpoint.ts";
import { type Query, text } from "#apiserver/query.ts";
import type { KubeObject, ListMeta } from "#gen/api/meta/v1.ts";
import { type TableColumn, tableColumns } from "#gen/table-columns.ts";
import { zeroTime } from "#resources/cells.ts";
import type { Cell, CellContext, Column, RowCondition } from "#resources/resource.ts";
import { inVersion } from "./object-encoding.ts";
import { shownMetadata } from "./shown-metadata.ts";

export type IncludeObject = "Metadata" | "Object" | "None";

/** Throws BadRequest. */
export function includeObject(query: Query): IncludeObject {
  const include = text(query, "includeObject");
  switch (include) {
    case "":
    case "Metadata":
      return "Metadata";
    case "Object":
    case "None":
      return include;
    default:
      throw badRequest(
        `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(include)}: must be 'Metadata', 'Object', 'None', or empty`,
      );
  }
}

export interface TableOptions {
  readonly now: Date;
  readonly include: IncludeObject;
  readonly asVersion: string;
  /** False for all but the first event of a watch. */
  readonly columns: boolean;
  readonly metadata: ListMeta;
  /** The rows are those of a list: some cells tell of all of them. */
  readonly isList?: boolean;
}

export interface Table {
  kind: "Table";
  apiVersion: string;
  metadata: ListMeta;
  columnDefinitions: readonly Column[] | null;
  rows: TableRow[] | null;
}

interface TableRow {
  readonly cells: readonly Cell[];
  readonly conditions?: readonly RowCondition[];
  readonly object?: unknown;
}

/** What upstream's default convertor shows of a resource without columns of its own. */
const defaultColumns: readonly TableColumn[] = [
  { name: "Name", type: "string", format: "name", priority: 0 },
  { name: "Created At", type: "date", format: "", priority: 0 },
];

function cellsOf(
  { resource }: Endpoint,
  object: KubeObject,
  context: CellContext,
): readonly Cell[] {
  if (resource.cells !== undefined) return resource.cells(object, context);
  return [object.metadata.name, object.metadata.creationTimestamp ?? zeroTime];
}

function columnsOf({ resource }: Endpoint): readonly Column[] {
  if (resource.columns !== undefined) return resource.columns;
  if (resource.cells === undefined) return defaultColumns;
  const { group, version, plural } = resource.ref;
  return tableColumns.get(`${group}/${version}/${plural}`) ?? defaultColumns;
}

/** Clients expect the field; kubun's facts carry no prose. */
export const described = (column: Column): Column => ({ description: "", ...column });

function conditionsOf({ resource }: Endpoint, object: KubeObject) {
  const conditions = resource.rowConditions?.(object);
  return conditions === undefined ? {} : { conditions };
}

const ordered = ({ resource }: Endpoint, objects: readonly KubeObject[]): readonly KubeObject[] =>
  resource.rowOrder === undefined
    ? objects
    : objects.toSorted((a, b) => resource.rowOrder?.(a, b) ?? 0);

export function tableOf(
  endpoint: Endpoint,
  stored: readonly KubeObject[],
  { now, include, asVersion, columns, metadata, isList = false }: TableOptions,
): Table {
  const apiVersion = `meta.k8s.io/${asVersion}`;
  const context = isList ? { now, listed: stored } : { now };
  const shown = (object: KubeObject): unknown =>
    include === "Object"
      ? printed(inVersion(endpoint, object), "stored")
      : { kind: "PartialObjectMetadata", apiVersion, metadata: shownMetadata(object) };
  const rows = ordered(endpoint, stored).map((object) => ({
    cells: cellsOf(endpoint, object, context),
    ...conditionsOf(endpoint, object),
    object: include === "None" ? null : shown(object),
  }));
  return {
    kind: "Table",
    apiVersion,
    metadata,
    columnDefinitions: columns ? columnsOf(endpoint).map(described) : null,
    // Upstream's default convertor makes no list where there is nothing in it.
    rows: rows.length === 0 && endpoint.resource.cells === undefined ? null : rows,
  };
}
