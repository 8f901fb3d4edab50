/** What an apply makes of a stored object, or of none. */
import { applyConfiguration, checkConfiguration } from "#apimachinery/apply/apply.ts";
import { kubectl, lastAppliedFields, withLastApplied } from "#apimachinery/apply/last-applied.ts";
import { decodeManagers, encodeManagers, type Managers } from "#apimachinery/apply/managers.ts";
import { type Fields, isFields } from "#apimachinery/apply/values.ts";
import type { Versions } from "#apimachinery/apply/versions.ts";
import { takeInObject } from "#apimachinery/codec/json.ts";
import { wrapIntegers } from "#apimachinery/codec/wrap-integers.ts";
import { deepCopy } from "#apimachinery/deep-copy.ts";
import { conversionFailure } from "#apimachinery/patch/conversion-failure.ts";
import { schemaOf } from "#apimachinery/schema.ts";
import { ApiError, badRequest, plainFailure } from "#apimachinery/status.ts";
import type { Call, ServerContext } from "#apiserver/call.ts";
import type { KubeObject, ManagedFieldsEntry } from "#gen/api/meta/v1.ts";
import { asObject } from "./versions-of.ts";
import { writerOf } from "./writer.ts";

export interface Configuration {
  readonly config: Fields;
  readonly manager: string;
  readonly force: boolean;
}

/** An object and who manages what. */
export interface Managed {
  readonly object: Fields;
  readonly managedFields: ManagedFieldsEntry[] | undefined;
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** `apps/v1, Kind=Deployment`, `/v1, Kind=Pod`: as upstream prints a kind. */
function printKind(config: Fields): string {
  const apiVersion = textOf(config["apiVersion"]);
  const version = apiVersion.includes("/") ? apiVersion : `/${apiVersion}`;
  return `${version}, Kind=${textOf(config["kind"])}`;
}

function printConfig(config: Fields): string {
  const metadata = isFields(config["metadata"]) ? config["metadata"] : {};
  const name = `${textOf(metadata["namespace"])}/${textOf(metadata["name"])}`;
  return `${name}; ${printKind(config)}`;
}

/** Throws BadRequest for another kind, 500 for fields that do not fit the kind: upstream has it so. */
function check(versions: Versions, config: Fields, kind: string): void {
  if (config["apiVersion"] !== versions.own.apiVersion || config["kind"] !== kind) {
    throw badRequest(`invalid object type: ${printKind(config)}`);
  }
  orFailure(() => checkConfiguration(versions.own, config, printConfig(config)));
}

/** Throws 500 where stored objects do not fit the types of today. */
function orFailure<T>(merge: () => T): T {
  try {
    return merge();
  } catch (error) {
    throw error instanceof TypeError ? plainFailure(error.message) : error;
  }
}

const misfit = (config: Fields, why: string): ApiError =>
  plainFailure(`failed to convert new object (${printConfig(config)}) to proper version: ${why}`);

/** The merged fields as an object again. Throws 500 where a value does not fit. */
function typed(call: Call, fields: Fields, config: Fields): KubeObject {
  const object = asObject(deepCopy(fields));
  // A Scale is not of the endpoint's own kind.
  const { takeIn = takeInObject } =
    config["kind"] === call.endpoint.ref.kind ? call.endpoint.addressed : {};
  // Upstream types the merged fields by Go's conversions, which keep low bits.
  const schema = schemaOf(object.apiVersion, object.kind);
  const unfit = conversionFailure(schema, fields);
  if (unfit !== undefined)
    throw misfit(config, `unable to convert unstructured object to ${printKind(config)}: ${unfit}`);
  wrapIntegers(schema, object);
  try {
    takeIn(object);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw misfit(config, error.message);
  }
  object.metadata ??= { name: "" };
  return object;
}

function managersOf(live: Managed): Managers {
  try {
    return decodeManagers(live.managedFields);
  } catch (error) {
    throw plainFailure(`failed to decode managed fields: ${error}`);
  }
}

/**
 * The object after the apply, not yet defaulted, with its managedFields; it belongs to the caller. `live`: in the
 * request's version, without managedFields. Throws Conflict, BadRequest, 500.
 */
export function appliedObject(
  server: ServerContext,
  call: Call,
  versions: Versions,
  { live, kind, ...wanted }: Configuration & { readonly live: Managed; readonly kind: string },
): KubeObject {
  const { config, manager, force } = wanted;
  check(versions, config, kind);
  const byKubectl = manager === kubectl;
  const allowed = () => lastAppliedFields(versions.own, live.object);
  const { object, managers } = orFailure(() =>
    applyConfiguration(versions, {
      ...writerOf(server, call),
      manager,
      live: live.object,
      config,
      managers: managersOf(live),
      force,
      ...(byKubectl ? { allowedConflicts: allowed } : {}),
    }),
  );
  const after = object ?? live.object;
  const result = typed(call, byKubectl ? withLastApplied(after, config) : after, config);
  const entries = encodeManagers(managers);
  const before = live.managedFields;
  const same =
    entries?.length === before?.length && entries?.every((entry, at) => entry === before?.[at]);
  result.metadata.managedFields = same ? before : entries;
  return result;
}
