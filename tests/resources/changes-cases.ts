/** Upstream's verdicts on several changes of an object at once, and on its status: made by record-changes.ts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Resource } from "#resources/resource.ts";
import { validateMetaUpdate } from "#resources/validate-meta.ts";
import { changed } from "#tests/differential/areas/fields.ts";
import { type Base, bases } from "#tests/differential/bases.ts";
import type { Mutation } from "#tests/differential/mutations.ts";
import { allocate } from "./allocation.ts";
import { type Answer, create, now, resourceOfPath } from "./pipeline.ts";

export interface ChangesCase {
  /** Of `bases`. */
  readonly object: number;
  readonly op: "create" | "status";
  readonly changes: readonly Mutation[];
  readonly code: number;
  /** `FieldValueInvalid spec.a`, each once, sorted. */
  readonly causes: readonly string[];
}

export function readChangesCases(): ChangesCase[] {
  const file = join(import.meta.dirname, "../golden/validation-changes.jsonl.gz");
  const text = gunzipSync(readFileSync(file)).toString("utf8").trim();
  return text.split("\n").map((line) => {
    const one: ChangesCase = JSON.parse(line);
    // JSON has no undefined: a place that is gone.
    const changes = one.changes.map(({ path, value }) => ({ path, value }));
    return { ...one, changes };
  });
}

const hooks = { complete: allocate };

function statusAnswer(resource: Resource, base: Base, changes: readonly Mutation[]): Answer {
  const stored = create(resource, base.at("default"), hooks).object;
  if (stored === undefined) throw new Error(`${base.plural} is no valid base`);
  stored.metadata.resourceVersion = "7";
  // What is changed of an object is one.
  const object = changed(structuredClone(stored), changes) as KubeObject;
  resource.default?.(object);
  resource.prepareForStatusUpdate?.(object, stored, { now });
  const status = { ...resource, metaRules: { ...resource.metaRules, wholeOnUpdate: false } };
  const errors = [
    ...validateMetaUpdate(status, object, stored),
    ...(resource.validateStatusUpdate?.(object, stored) ?? []),
  ];
  return { code: errors.length === 0 ? 200 : 422, errors, warnings: [] };
}

/** What differs, in one line; undefined: nothing. */
export function changesDifference({ object, op, changes, ...wanted }: ChangesCase) {
  const base = bases[object];
  if (base === undefined) throw new Error(`no base ${object}`);
  const resource = resourceOfPath(base.path("default"));
  const got =
    op === "create"
      ? create(resource, changed(base.at("default"), changes), hooks)
      : statusAnswer(resource, base, changes);
  const causes = [...new Set(got.errors.map(({ reason, field }) => `${reason} ${field}`))].sort();
  if (got.code === wanted.code && causes.join() === wanted.causes.join()) return undefined;
  return `${base.plural} ${op} ${JSON.stringify(changes)}: want ${wanted.code} ${wanted.causes} got ${got.code} ${causes}`;
}
