/** Rows to objects. Numbers of type bigint come as text. */

import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { DatabaseHead } from "#storage/database.ts";
import type { Change, Key, Revision, Stored } from "#storage/storage.ts";

export interface StoredRow {
  readonly key: string;
  readonly create_revision: string;
  readonly revision: string;
  readonly value: string;
}

export interface ChangeRow extends StoredRow {
  readonly op: Change["op"];
  readonly previous_revision: string | null;
  readonly previous_value: string | null;
}

export interface HeadRow {
  readonly revision: string;
  readonly compacted: string;
  readonly epoch: number;
  readonly batch: string;
  readonly promoted: boolean;
}

/** The column holds what JSON.stringify made of a KubeObject, without its resourceVersion. */
export function parseObject(text: string, revision: Revision): KubeObject {
  const object: KubeObject = JSON.parse(text);
  object.metadata.resourceVersion = String(revision);
  return object;
}

function storedOf(
  key: Key,
  text: string,
  numbers: Omit<Stored, "key" | "object" | "size">,
): Stored {
  const { revision, createRevision } = numbers;
  const object = parseObject(text, revision);
  return { key, object, createRevision, revision, size: text.length };
}

/**
 * What stands where a write lost. Most writers only want its revision or that it is there, and whoever fights for a
 * large object would have it parsed with every try: that waits until somebody looks.
 */
export function standing(
  key: Key,
  text: string,
  numbers: Omit<Stored, "key" | "object" | "size">,
): Stored {
  let parsed: KubeObject | undefined;
  return {
    key,
    ...numbers,
    size: text.length,
    get object() {
      parsed ??= parseObject(text, numbers.revision);
      return parsed;
    },
  };
}

export function storedFromRow(row: StoredRow): Stored {
  return storedOf(keyOf(row.key), row.value, {
    createRevision: Number(row.create_revision),
    revision: Number(row.revision),
  });
}

export function changeFromRow(row: ChangeRow): Change {
  const stored = storedFromRow(row);
  if (row.previous_value === null) return { ...stored, op: row.op, previous: undefined };
  const previous = storedOf(stored.key, row.previous_value, {
    createRevision: stored.createRevision,
    revision: Number(row.previous_revision),
  });
  return { ...stored, op: row.op, previous };
}

export function headFromRow(row: HeadRow): DatabaseHead {
  return {
    revision: Number(row.revision),
    compacted: Number(row.compacted),
    epoch: row.epoch,
    batch: Number(row.batch),
    promoted: row.promoted,
  };
}

function keyOf(text: string): Key {
  const [group = "", resource = "", namespace = "", name = ""] = text.split("/");
  return { group, resource, namespace, name };
}
