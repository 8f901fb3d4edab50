/** Request bodies: bounded, then decoded as their media type says. */
import { passEmpties } from "#apimachinery/codec/empties.ts";
import { decodeJson } from "#apimachinery/codec/json.ts";
import { decodeProtobuf } from "#apimachinery/codec/protobuf.ts";
import { type DecodedMap, decodeJsonMap } from "#apimachinery/codec/yaml.ts";
import {
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  Path,
  required,
} from "#apimachinery/field-error.ts";
import { schemaOf } from "#apimachinery/schema.ts";
import { type ApiError, badRequest, invalid, refusal } from "#apimachinery/status.ts";
import { validateFieldManager } from "#apimachinery/validate-object-meta.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Resource } from "#resources/resource.ts";
import type { Call } from "./call.ts";
import { type Endpoint, internalPackage } from "./endpoint.ts";
import { inStretches } from "./fairness/breath.ts";
import { bodyMediaType, negotiated } from "./negotiation.ts";
import { bodyOf } from "./plain-request.ts";
import { flag, type Query, text } from "./query.ts";
import { type ParsedPatch, parsedPatch, type Reading } from "./reading/jobs.ts";
import { put } from "./reading/pieces.ts";
import { readAside } from "./reading/reader-thread.ts";

/** Upstream's limit: twice etcd's 1.5 MB, since JSON outweighs protobuf. Over it: 413. */
export const requestBodyBytesMax = 3 * 1024 * 1024;

function tooLarge(): ApiError {
  return refusal(
    "RequestEntityTooLarge",
    `Request entity too large: limit is ${requestBodyBytesMax}`,
  );
}

/** Throws RequestEntityTooLarge. The door stops reading a body over the limit and says its length. */
export async function readBody(request: Request): Promise<Uint8Array> {
  const length = request.headers.get("content-length");
  if (length !== null && Number(length) > requestBodyBytesMax) throw tooLarge();
  const body = bodyOf(request);
  const bytes = body instanceof Promise ? await body : body;
  if (bytes.length > requestBodyBytesMax) throw tooLarge();
  return bytes;
}

/** Bytes of a body that the event loop reads itself; larger ones would keep it from everybody else. */
const readHereBytesMax = 128 * 1024;

/** What was read beside the loop, put together. */
async function assembled(call: Pick<Call, "user">, { pieces }: Reading): Promise<unknown> {
  let whole: unknown;
  await inStretches(call, pieces, (piece) => {
    whole = put(whole, piece);
  });
  return whole;
}

/** A patch's JSON. Throws BadRequest and what `readBody` throws. */
export async function readPatch({
  request,
  user,
}: Pick<Call, "request" | "user">): Promise<ParsedPatch> {
  const bytes = await readBody(request);
  if (bytes.length <= readHereBytesMax) return parsedPatch(bytes);
  const reading = await readAside(user.name, { form: "patch", bytes });
  return { change: await assembled({ user }, reading), doubles: reading.doubles };
}

/** What an apply says, in YAML or JSON. Throws BadRequest and what `readBody` throws. */
export async function readMap({
  request,
  user,
}: Pick<Call, "request" | "user">): Promise<DecodedMap> {
  const bytes = await readBody(request);
  const here = bytes.length > readHereBytesMax ? undefined : decodeJsonMap(bytes);
  if (here !== undefined) return here;
  const reading = await readAside(user.name, { form: "map", bytes });
  // The thread made sure that it is one.
  const value = (await assembled({ user }, reading)) as DecodedMap["value"];
  return { value, doubles: reading.doubles };
}

/** A body on its way to an object: what could take long is done. */
export type ReadBody =
  | { readonly bytes: Uint8Array; readonly form: "json" | "protobuf" }
  /** Read beside the loop: a new one every time. */
  | { readonly form: "read"; readonly decoded: () => Decoded };

/** Throws UnsupportedMediaType, BadRequest, and what `readBody` throws. */
export async function prepareBody(
  { request, user }: Pick<Call, "request" | "user">,
  bytes: Uint8Array,
  expected: Expected,
): Promise<ReadBody> {
  const contentType = request.headers.get("content-type");
  const form = bodyMediaType(contentType, expected.takeIn !== undefined);
  if (form === "protobuf") return { bytes, form };
  if (bytes.length <= readHereBytesMax) {
    // Much of what is called YAML is JSON.
    if (form === "json" || decodeJsonMap(bytes) !== undefined) return { bytes, form: "json" };
  }
  const { apiVersion, kind } = expected;
  const reading = await readAside(user.name, { form, bytes, expected: { apiVersion, kind } });
  const { unknownFields, doubles, inOrder } = reading;
  const twice = form === "yaml" ? { yamlDoubles: doubles } : { duplicateFields: doubles };
  const ordered = inOrder === undefined ? {} : { inOrder };
  const found = { unknownFields, duplicateFields: [], ...twice, ...ordered };
  let first: unknown = await assembled({ user }, reading);
  const decoded = (): Decoded => {
    // A second try, after a conflict, is rare.
    const object = first ?? reading.pieces.reduce(put, undefined);
    first = undefined;
    // The thread made it one.
    return { object: object as KubeObject, ...found };
  };
  return { form: "read", decoded };
}

export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldValidation: "Ignore" | "Warn" | "Strict";
}

interface CheckedOptions {
  readonly options: WriteOptions;
  readonly errors: readonly FieldError[];
}

function checkedOptions(query: Query): CheckedOptions {
  const dryRun = query?.getAll("dryRun") ?? [];
  const errors = validateFieldManager(text(query, "fieldManager"), new Path("fieldManager"));
  if (dryRun.some((value) => value !== "All")) {
    errors.push(notSupported(new Path("dryRun"), dryRun, ["All"]));
  }
  const validation = text(query, "fieldValidation");
  const known = (["Ignore", "Strict", "Warn"] as const).find((name) => name === validation);
  if (known === undefined && validation !== "") {
    const values = ["", "Ignore", "Strict", "Warn"];
    errors.push(notSupported(new Path("fieldValidation"), validation, values));
  }
  return { options: { dryRun: dryRun.length > 0, fieldValidation: known ?? "Warn" }, errors };
}

function refuseOptions(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: "meta.k8s.io", kind }, "", errors);
}

/** `kind`: CreateOptions, UpdateOptions, as refusals name it. Throws Invalid. */
export function writeOptions(query: Query, kind: string): WriteOptions {
  if (query === undefined) return { dryRun: false, fieldValidation: "Warn" };
  const { options, errors } = checkedOptions(query);
  refuseOptions(kind, errors);
  return options;
}

/** Of a PATCH that is no apply. Throws Invalid. */
export function patchOptions(query: Query): WriteOptions {
  if (query === undefined) return { dryRun: false, fieldValidation: "Warn" };
  const { options, errors } = checkedOptions(query);
  const why = "may not be specified for non-apply patch";
  const forced = query.has("force") ? [forbiddenField(new Path("force"), why)] : [];
  refuseOptions("PatchOptions", [...forced, ...errors]);
  return options;
}

export interface ApplyOptions extends WriteOptions {
  readonly manager: string;
  readonly force: boolean;
}

/** Of an apply. Throws Invalid. */
export function applyOptions(query: Query): ApplyOptions {
  const { options, errors } = checkedOptions(query);
  const manager = text(query, "fieldManager");
  const why = "is required for apply patch";
  const missing = manager === "" ? [required(new Path("fieldManager"), why)] : [];
  refuseOptions("PatchOptions", [...missing, ...errors]);
  return { ...options, manager, force: flag(query, "force") };
}

/** Before a try of a write: what an earlier try warned of no longer counts, what the endpoint warns of does. */
export function restartWarnings({ warnings, endpoint }: Pick<Call, "warnings" | "endpoint">): void {
  warnings.length = 0;
  if (endpoint.deprecation !== undefined) warnings.push(endpoint.deprecation);
}

export interface Expected {
  readonly apiVersion: string;
  readonly kind: string;
  /** An older version whose objects are of the same form. */
  readonly formerly?: string;
  /** Of a custom resource: what Resource.takeIn is. */
  readonly takeIn?: Resource["takeIn"];
}

/** What the body of a write to the endpoint must be. */
export function expectedOf({ apiVersion, ref, addressed }: Endpoint): Expected {
  const { takeIn } = addressed;
  return { apiVersion, kind: ref.kind, ...(takeIn === undefined ? {} : { takeIn }) };
}

interface Decoded {
  readonly object: KubeObject;
  readonly unknownFields: readonly string[];
  readonly duplicateFields: readonly string[];
  readonly yamlDoubles?: readonly string[];
  /** Whole sentences, where unknown and doubled fields stand among each other. */
  readonly inOrder?: readonly string[];
}

function decode(body: ReadBody, expected: Expected): Decoded {
  if (body.form === "read") return body.decoded();
  const { bytes, form } = body;
  if (form === "json") return decodeJson(bytes, expected);
  return { object: decodeProtobuf(bytes, expected), unknownFields: [], duplicateFields: [] };
}

function refuseOtherKind(object: KubeObject, expected: Expected): void {
  const { apiVersion, kind, formerly, takeIn } = expected;
  const isOfVersion = [apiVersion, formerly].includes(object.apiVersion);
  if (isOfVersion && object.kind === kind) return;
  if (object.kind !== kind && takeIn !== undefined) {
    const [group = ""] = apiVersion.split("/");
    const error = invalidValue(new Path("kind"), object.kind, `must be ${kind}`);
    throw invalid({ group, kind: object.kind }, object.metadata?.name ?? "", [error]);
  }
  const internal = internalPackage(
    apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "",
  );
  const version = object.apiVersion.split("/").at(-1) ?? "";
  const because = `${object.kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}:`;
  if (takeIn === undefined && schemaOf(object.apiVersion, object.kind) === undefined) {
    throw badRequest(
      `${because} no kind ${JSON.stringify(object.kind)} is registered for version ${JSON.stringify(object.apiVersion)} in scheme "pkg/runtime/scheme.go:111"`,
    );
  }
  if (object.kind !== kind) {
    throw badRequest(
      `${because} converting (${version}.${object.kind}) to (${internal}.${kind}): unknown conversion`,
    );
  }
  throw badRequest(
    `the API version in the data (${object.apiVersion}) does not match the expected API version (${apiVersion})`,
  );
}

/** What Strict refuses and Warn warns of. */
export function applyFieldValidation(
  decoded: Omit<Decoded, "object"> & {
    /** Unknown fields were found after decoding: upstream names them last then. */
    readonly unknownLast?: boolean;
  },
  validation: WriteOptions["fieldValidation"],
  warnings: string[],
): string | undefined {
  if (validation === "Ignore") return undefined;
  const unknown = decoded.unknownFields.map((field) => `unknown field ${JSON.stringify(field)}`);
  const duplicate = decoded.duplicateFields.map(
    (field) => `duplicate field ${JSON.stringify(field)}`,
  );
  const sentences =
    decoded.unknownLast === true
      ? [...duplicate, ...unknown]
      : (decoded.inOrder ?? [...unknown, ...duplicate]);
  const { yamlDoubles = [] } = decoded;
  if (sentences.length + yamlDoubles.length === 0) return undefined;
  if (validation !== "Strict") {
    warnings.push(...yamlDoubles, ...sentences);
    return undefined;
  }
  const lines = yamlDoubles.map((line) => `\n  ${line}`).join("");
  const all = lines === "" ? sentences : [`yaml: unmarshal errors:${lines}`, ...sentences];
  return `strict decoding error: ${all.join(", ")}`;
}

/** An object of exactly the expected kind, owned by the caller. */
export function readObjectFrom(
  { warnings }: Pick<Call, "warnings">,
  body: ReadBody,
  expected: Expected,
  validation: WriteOptions["fieldValidation"],
): KubeObject {
  const decoded = decode(body, expected);
  refuseOtherKind(decoded.object, expected);
  const unknownFields = expected.takeIn?.(decoded.object) ?? decoded.unknownFields;
  const unknownLast = expected.takeIn !== undefined;
  const found = { ...decoded, unknownFields, unknownLast };
  const strict = applyFieldValidation(found, validation, warnings);
  if (strict !== undefined) {
    throw badRequest(
      `${expected.kind} in version ${JSON.stringify(expected.apiVersion.split("/").at(-1))} cannot be handled as a ${expected.kind}: ${strict}`,
    );
  }
  const { kind, apiVersion, metadata = { name: "" }, ...rest } = decoded.object;
  // Kind first, so that every stored object's JSON begins alike: lists cut that beginning off.
  const object = { kind, apiVersion, metadata, ...rest };
  passEmpties(decoded.object, object);
  return object;
}

/** What a POST says of its write; that it can be answered and its body read at all comes first. */
export function createOptions(call: Call, { takeIn }: Pick<Expected, "takeIn"> = {}): WriteOptions {
  const { request, query } = call;
  negotiated(call);
  bodyMediaType(request.headers.get("content-type"), takeIn !== undefined);
  return writeOptions(query, "CreateOptions");
}

/** The body's object. */
export async function readObject(
  call: Pick<Call, "request" | "user" | "warnings">,
  expected: Expected,
  validation: WriteOptions["fieldValidation"],
): Promise<KubeObject> {
  const body = await prepareBody(call, await readBody(call.request), expected);
  return readObjectFrom(call, body, expected, validation);
}
