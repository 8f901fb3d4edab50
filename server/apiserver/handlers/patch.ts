/** PATCH: one of three patch types over the addressed version, then as an update. */
import { takeInObject } from "#apimachinery/codec/json.ts";
import { printed } from "#apimachinery/codec/printed.ts";
import { wrapIntegers } from "#apimachinery/codec/wrap-integers.ts";
import { deepCopy } from "#apimachinery/deep-copy.ts";
import { invalidValue, Path } from "#apimachinery/field-error.ts";
import { conversionFailure } from "#apimachinery/patch/conversion-failure.ts";
import { inGoOrder } from "#apimachinery/patch/go-order.ts";
import { goText } from "#apimachinery/patch/go-text.ts";
import { goJson, type JsonObject } from "#apimachinery/patch/json-object.ts";
import { applyJsonPatch } from "#apimachinery/patch/json-patch.ts";
import { applyMergePatch } from "#apimachinery/patch/merge-patch.ts";
import { applyStrategicMergePatch } from "#apimachinery/patch/strategic-merge-patch.ts";
import { schemaOf } from "#apimachinery/schema.ts";
import {
  type ApiError,
  badRequest,
  invalid,
  ApiError as Refusal,
  refusal,
} from "#apimachinery/status.ts";
import type { Call, Handler } from "#apiserver/call.ts";
import { inVersion } from "#apiserver/encoding/object-encoding.ts";
import { bareContentType, negotiated } from "#apiserver/negotiation.ts";
import { patchSchemaOf } from "#apiserver/patch-schema.ts";
import {
  applyFieldValidation,
  type Expected,
  expectedOf,
  patchOptions,
  readPatch,
  restartWarnings,
  type WriteOptions,
} from "#apiserver/request-body.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Stored } from "#storage/storage.ts";
import { applyContentType, applyUnder } from "./apply.ts";
import { defaulted } from "./defaulted.ts";
import { guaranteedUpdate } from "./guaranteed-update.ts";
import { meetUrl, type UpdateRules } from "./update.ts";
import { writtenResponse } from "./written.ts";

const strategicType = "application/strategic-merge-patch+json";

/** What was made of an object, and what a refusal of it shows: itself, or what is left of the patch. */
interface Patched {
  readonly object: JsonObject;
  readonly shown: () => string;
}

type Apply = (object: JsonObject, patch: unknown, kind: Expected) => Patched;

const whole =
  (apply: (object: JsonObject, patch: unknown) => JsonObject): Apply =>
  (before, patch) => {
    const object = apply(before, patch);
    return { object, shown: () => goJson(object) };
  };

const appliers: Readonly<Record<string, Apply>> = {
  "application/json-patch+json": whole(applyJsonPatch),
  "application/merge-patch+json": whole(applyMergePatch),
  [strategicType]: (before, change, { apiVersion, kind }) => {
    const schema = patchSchemaOf(apiVersion, kind);
    const { object, patch } = applyStrategicMergePatch(before, change, schema);
    return { object, shown: () => goText(patch) };
  },
};

/** A custom resource has no merge keys. */
const customTypes: readonly string[] = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/apply-patch+yaml",
];

function unknownPatch(): ApiError {
  const list = customTypes.join(", ");
  const sentence = "the body of the request was in an unknown format - accepted media types";
  return refusal("UnsupportedMediaType", `${sentence} include: ${list}`);
}

/** How the body changes an object. Throws UnsupportedMediaType. */
export function applierOf(call: Call): Apply {
  const type = bareContentType(call.request.headers.get("content-type"));
  if (call.endpoint.custom === true && !customTypes.includes(type)) throw unknownPatch();
  const applier = appliers[type];
  if (applier === undefined)
    throw refusal("UnsupportedMediaType", "415: Unsupported Media Type", {});
  return applier;
}

/**
 * Upstream puts what the patched object is wrong about under the field "patch", and shows the object: of a Secret
 * we show nothing, and no reason that may quote it.
 */
function patchedInvalid(of: Expected, made: Patched, why: string): ApiError {
  const isSecret = of.kind === "Secret" && of.apiVersion === "v1";
  const shown = isSecret ? "<hidden>" : made.shown();
  const error = invalidValue(new Path("patch"), shown, isSecret ? "is no Secret" : why);
  return invalid({ group: "", kind: "" }, "", [error]);
}

/** What `$patch` at the root leaves: nothing that says what it is. */
function refuseNameless({ info }: Call, patched: JsonObject): void {
  if ("kind" in patched || "apiVersion" in patched) return;
  throw badRequest(
    `the name of the object (${info.name} based on URL) was undeterminable: name must be provided`,
  );
}

/** The patched object, typed again: a patch may have put anything anywhere. */
export function typed(
  call: Call,
  of: Expected,
  made: Patched,
  {
    validation,
    doubles,
  }: { validation: WriteOptions["fieldValidation"]; doubles: readonly string[] },
): KubeObject {
  const { apiVersion, kind: expected, takeIn } = of;
  const patched = made.object;
  if (isStrategic(call)) {
    const wrong = conversionFailure(schemaOf(apiVersion, expected), patched);
    if (wrong !== undefined) throw patchedInvalid(of, made, wrong);
    refuseNameless(call, patched);
  }
  if (patched["apiVersion"] !== apiVersion || patched["kind"] !== expected) {
    throw badRequest(
      `the kind of the patched object must stay ${expected} in version ${JSON.stringify(apiVersion)}`,
    );
  }
  const copy = deepCopy(patched);
  if (isStrategic(call)) wrapIntegers(schemaOf(apiVersion, expected), copy);
  // Kind and apiVersion stand; metadata is checked with everything else.
  const object = copy as JsonObject & KubeObject;
  try {
    const found = takeIn === undefined ? takeInObject(object) : takeIn(object);
    const unknownFields = isStrategic(call) ? [...found].sort() : found;
    const decoded = { unknownFields, duplicateFields: doubles, unknownLast: true };
    const strict = applyFieldValidation(decoded, validation, call.warnings);
    if (strict !== undefined) throw patchedInvalid(of, made, strict);
    const { kind, apiVersion: version, metadata = { name: "" }, ...rest } = object;
    // Kind first, as in every stored object.
    return { kind, apiVersion: version, metadata, ...rest };
  } catch (error) {
    if (!(error instanceof Refusal) || error.status.reason !== "BadRequest") throw error;
    const why = error.message.replace(/^.* cannot be handled as a \w+: /, "");
    throw patchedInvalid(of, made, why);
  }
}

const isStrategic = ({ request }: Call): boolean =>
  bareContentType(request.headers.get("content-type")) === strategicType;

/**
 * The object without who manages what, where the patch says nothing of it: that is the larger half of many an
 * object, and whoever leaves it out changes nothing of it.
 */
function withoutManagers(object: KubeObject, change: unknown): KubeObject {
  // A list of operations may test or copy anything.
  if (
    !isMergeable(change) ||
    (isMergeable(change["metadata"]) && "managedFields" in change["metadata"])
  )
    return object;
  return { ...object, metadata: { ...object.metadata, managedFields: undefined } };
}

function isMergeable(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** PATCH under the given rules. */
export function patchUnder(rules: UpdateRules): Handler {
  return async (server, call) => {
    // What comes is looked at before what is to be answered.
    const apply = isApply(call) ? undefined : applierOf(call);
    negotiated(call);
    if (apply === undefined) return applyUnder(rules, server, call);
    const { dryRun, fieldValidation: validation } = patchOptions(call.query);
    const { change, doubles } = await readPatch(call);
    const draft = (current: Stored): KubeObject => {
      restartWarnings(call);
      const kind = expectedOf(call.endpoint);
      const before = (of: KubeObject): JsonObject => ({
        ...printed(inVersion(call.endpoint, of), "stored"),
      });
      const { object: made } = apply(before(withoutManagers(current.object, change)), change, kind);
      const shown = (): string => {
        const ordered = inGoOrder(schemaOf(kind.apiVersion, kind.kind), before(current.object));
        return apply(ordered, change, kind).shown();
      };
      const object = typed(call, kind, { object: made, shown }, { validation, doubles });
      meetUrl(call, object);
      return defaulted(call, object, server.clock());
    };
    const written = await guaranteedUpdate(server, call, {
      ...rules,
      draft,
      dryRun,
      reapplies: true,
    });
    return writtenResponse(server, call, 200, written);
  };
}

function isApply({ request }: Call): boolean {
  return bareContentType(request.headers.get("content-type")) === applyContentType;
}

export const patch: Handler = patchUnder({});
