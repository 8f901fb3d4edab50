/** The recorded verdicts of upstream: one field of a valid object broken or changed, and what was answered. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Resource } from "#resources/resource.ts";
import recorded from "../golden/defaults.json" with { type: "json" };
import recordedExceptions from "../golden/validation-exceptions.json" with { type: "json" };
import { allocate } from "./allocation.ts";
import { type Answer, create, resourceOfPath, update } from "./pipeline.ts";

export interface Case {
  readonly object: number;
  readonly op: "create" | "update";
  readonly path: readonly (string | number)[];
  readonly value: unknown;
  readonly code: number;
  readonly reason?: string | null;
  readonly causes?: readonly (readonly [string, string])[];
  readonly warnings?: number;
}

interface Recorded {
  readonly path: string;
  readonly request: unknown;
  readonly response: KubeObject;
}

const objects: readonly Recorded[] = JSON.parse(anonymous(JSON.stringify(recorded)));

/** Token volumes have random names, which differ between the recorded objects and the recorded changes. */
function anonymous(text: string): string {
  return text.replaceAll(/kube-api-access-\w{5}/g, "kube-api-access-00000");
}

export const goldenCases = join(import.meta.dirname, "../golden/validation.jsonl.gz");

/** Fields added to the objects, and broken in more ways: made by record-validation.ts. */
export const fieldCases = join(import.meta.dirname, "../golden/validation-fields.jsonl.gz");

/** One case a line; gzip where the name says so. */
export function readCases(file = goldenCases): Case[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8").trim();
  return anonymous(text)
    .split("\n")
    .map((line) => JSON.parse(line));
}

export function resourceOf({ object }: Case): Resource {
  return resourceOfPath(objects[object]?.path ?? "");
}

export function nameOf(resource: Resource): string {
  const { group, plural } = resource.ref;
  return group === "" ? plural : `${plural}.${group}`;
}

const isDelete = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "$delete" in value;

function changed(whole: unknown, { path, value }: Case): unknown {
  const copy = structuredClone(whole);
  // biome-ignore lint/suspicious/noExplicitAny: recorded JSON is walked by recorded paths
  let place: any = copy;
  for (const step of path.slice(0, -1)) place = place[step];
  const last = path.at(-1) ?? "";
  if (!isDelete(value)) place[last] = value;
  else if (Array.isArray(place)) place.splice(Number(last), 1);
  else delete place[last];
  return copy;
}

/** The stored object, as a real one: it has an identity and a version. */
function storedOf({ response }: Recorded, resource: Resource): KubeObject {
  const stored = structuredClone(response);
  stored.metadata.uid = "9d432d5b-e393-434f-9bd7-6f794777e684";
  stored.metadata.creationTimestamp = "2026-11-21T09:12:04Z";
  stored.metadata.resourceVersion = "7";
  if (stored.metadata.name === "*") stored.metadata.name = `${stored.metadata.generateName}abcde`;
  if (resource.ref.namespaced) stored.metadata.namespace ??= "default";
  return stored;
}

export function answer(one: Case): Answer {
  const resource = resourceOf(one);
  const base = objects[one.object];
  if (base === undefined) throw new Error(`no object ${one.object}`);
  const hooks = { complete: allocate };
  if (one.op === "create") return create(resource, changed(base.request, one), hooks);
  const made = storedOf(base, resource);
  const stored = update(resource, made, structuredClone(made), hooks).object ?? made;
  // The recorded requests carry what the recorded answers do: no identity, no version.
  const { apiVersion, kind, ...rest } = base.response;
  return update(resource, stored, changed({ apiVersion, kind, ...rest }, one), hooks);
}

/** `4 create spec.priorityClassName = "x.y/z"` */
export function titleOf({ object, op, path, value }: Case): string {
  return `${object} ${op} ${path.join(".")} = ${JSON.stringify(value)}`;
}

/** Cases whose verdict is no validation's, each with its reason. */
const exceptions: ReadonlySet<string> = new Set(
  (recordedExceptions as { readonly case: string }[]).map((exception) => exception.case),
);

export const isException = (one: Case): boolean => exceptions.has(titleOf(one));

const sorted = (causes: readonly (readonly [string, string])[]): string =>
  causes
    .map(([reason, field]) => `${reason} ${field}`)
    .sort()
    .join("\n");

/** What differs, in one line; undefined: nothing. */
export function difference(one: Case): string | undefined {
  const got = answer(one);
  const shown = JSON.stringify(one.value)?.slice(0, 160);
  const where = `${one.object} ${one.op} ${one.path.join(".")} = ${shown}`;
  const wanted = `${one.code} ${one.reason ?? ""}`.trim();
  const given = `${got.code} ${got.reason ?? ""}`.trim();
  const wantedCauses = sorted(one.causes ?? []);
  // What two checks say alike is said once.
  const said = new Map(got.errors.map((error) => [JSON.stringify(error), error] as const));
  const givenCauses = sorted([...said.values()].map(({ reason, field }) => [reason, field]));
  const warned = (one.warnings ?? 0) - (nameOf(resourceOf(one)) === "endpoints" ? 1 : 0);
  // What was refused earlier than ours has other warnings; the deprecation of a whole resource is the server's.
  if (one.code < 300 && got.code < 300 && warned !== got.warnings.length)
    return `${where}: want ${warned} warnings got ${JSON.stringify(got.warnings)}`;
  if (wanted === given && wantedCauses === givenCauses) return undefined;
  return `${where}: want ${wanted} [${wantedCauses.replaceAll("\n", "; ")}] got ${given} [${givenCauses.replaceAll("\n", "; ")}]`;
}
