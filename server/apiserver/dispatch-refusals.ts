import { type ApiError, refusal } from "#apimachinery/status.ts";

export function unknownResource(): ApiError {
  return refusal("NotFound", "the server could not find the requested resource", {});
}

export function methodNotAllowed(): ApiError {
  return refusal(
    "MethodNotAllowed",
    "the server does not allow this method on the requested resource",
    {},
  );
}
