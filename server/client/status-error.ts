/** The refusal behind an answer: its Status, or, when a proxy answered, one made from the HTTP code. */
import { ApiError, codeForReason, refusal, type StatusReason } from "#apimachinery/status.ts";
import type { Status } from "#gen/api/meta/v1.ts";

/** Reasons that share their code with another one, which stands for the bare code. */
const neverFromCode: readonly StatusReason[] = ["AlreadyExists", "Gone", "ServerTimeout"];

export function isStatus(value: unknown): value is Status {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "Status";
}

export function errorFromStatus(status: Status, code = 500): ApiError {
  return new ApiError({ ...status, status: "Failure", code: status.code ?? code });
}

export function errorFromCode(code: number, body: string): ApiError {
  const known = Object.entries(codeForReason).find(
    ([reason, reasonCode]) => reasonCode === code && !neverFromCode.some((it) => it === reason),
  );
  const message = `the server answered ${code}: ${body.slice(0, 500)}`;
  if (known === undefined) {
    const { status } = refusal("InternalError", message);
    return new ApiError({ ...status, code });
  }
  const { status } = refusal("InternalError", message);
  return new ApiError({ ...status, reason: known[0], code });
}
