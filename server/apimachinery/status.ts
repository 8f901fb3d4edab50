/** Refusals: every error that a client sees is a Kubernetes Status, thrown as an ApiError. */
import type { Status, StatusCause, StatusDetails } from "#gen/api/meta/v1.ts";

/** HTTP code of each reason (apimachinery's metav1.StatusReason). */
export const codeForReason = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServiceUnavailable: 503,
  ServerTimeout: 500,
  Timeout: 504,
} as const;

export type StatusReason = keyof typeof codeForReason;

export interface FullStatus extends Status {
  status: "Success" | "Failure";
  code: number;
}

export class ApiError extends Error {
  readonly status: FullStatus;

  constructor(status: FullStatus) {
    super(status.message ?? status.reason ?? "error");
    this.name = "ApiError";
    this.status = status;
  }
}

export function refusal(reason: StatusReason, message: string, details?: StatusDetails): ApiError {
  return new ApiError({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    ...(details === undefined ? {} : { details }),
    code: codeForReason[reason],
  });
}

/** 500 with the bare sentence and no reason: what upstream answers where an error of its own has no Status. */
export function plainFailure(message: string): ApiError {
  const failure = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure" } as const;
  return new ApiError({ ...failure, message, code: 500 });
}

/** What went wrong inside, which no client could have avoided. */
export function internalError(message: string): ApiError {
  return refusal("InternalError", `Internal error occurred: ${message}`, { causes: [{ message }] });
}

/** What a message names: `pods "web"`, `deployments.apps "web"`. */
export interface Named {
  group: string;
  resource: string;
  name: string;
}

function qualified({ group, resource }: Named): string {
  return group === "" ? resource : `${resource}.${group}`;
}

function detailsOf({ group, resource, name }: Named): StatusDetails {
  return { name, ...(group === "" ? {} : { group }), kind: resource };
}

export function notFound(named: Named): ApiError {
  return refusal("NotFound", `${qualified(named)} "${named.name}" not found`, detailsOf(named));
}

export function alreadyExists(named: Named): ApiError {
  return refusal(
    "AlreadyExists",
    `${qualified(named)} "${named.name}" already exists`,
    detailsOf(named),
  );
}

/** Where a name was to be made of a prefix: trying again may help. */
export function noUniqueName(named: Named): ApiError {
  const { status } = alreadyExists(named);
  const why = "the server was not able to generate a unique name for the object";
  const details = { ...status.details, retryAfterSeconds: 1 };
  return new ApiError({ ...status, details, message: `${status.message}, ${why}` });
}

export function conflict(named: Named, why: string): ApiError {
  return refusal(
    "Conflict",
    `Operation cannot be fulfilled on ${qualified(named)} "${named.name}": ${why}`,
    detailsOf(named),
  );
}

export function badRequest(message: string): ApiError {
  return refusal("BadRequest", message);
}

export function forbidden(named: Named, why: string): ApiError {
  const name = named.name === "" ? "" : ` "${named.name}"`;
  return refusal("Forbidden", `${qualified(named)}${name} is forbidden: ${why}`, detailsOf(named));
}

export function expired(message: string): ApiError {
  return refusal("Expired", message);
}

export function isReason(error: unknown, reason: StatusReason): error is ApiError {
  return error instanceof ApiError && error.status.reason === reason;
}

/** Characters that the causes of one refusal hold: a body of many faults is not answered by a larger one. */
const causesLengthMax = 256 * 1024;

/** What two checks say alike is said once; what is too much is not said. */
function distinct(causes: readonly Required<StatusCause>[]): Required<StatusCause>[] {
  const said = new Map<string, Required<StatusCause>>();
  let length = 0;
  for (const cause of causes) {
    length += (cause.field ?? "").length + (cause.message ?? "").length;
    if (length > causesLengthMax && said.size > 0) break;
    said.set(JSON.stringify(cause), cause);
  }
  return [...said.values()];
}

/** 422 with one cause a field error; the message has upstream's shape. */
export function invalid(
  kind: { group: string; kind: string },
  name: string,
  all: readonly Required<StatusCause>[],
): ApiError {
  const causes = distinct(all);
  const sentences = causes.map(({ field, message }) => `${field}: ${message}`);
  const joined = sentences.length === 1 ? sentences[0] : `[${sentences.join(", ")}]`;
  const qualifiedKind = kind.group === "" ? kind.kind : `${kind.kind}.${kind.group}`;
  return refusal("Invalid", `${qualifiedKind} "${name}" is invalid: ${joined}`, {
    ...(name === "" ? {} : { name }),
    ...(kind.group === "" ? {} : { group: kind.group }),
    ...(kind.kind === "" ? {} : { kind: kind.kind }),
    causes: causes.map((cause) => ({ ...cause })),
  });
}
