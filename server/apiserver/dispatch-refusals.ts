import { ApiError, refusal } from "#apimachinery/status.ts";

/** No resource of this name: other than that there is no such object. */
export class UnknownPath extends ApiError {}

export function unknownResource(): ApiError {
  const { status } = refusal("NotFound", "the server could not find the requested resource", {});
  return new UnknownPath(status);
}

export function methodNotAllowed(): ApiError {
  return refusal(
    "MethodNotAllowed",
    "the server does not allow this method on the requested resource",
    {},
  );
}

/** As custom resources are refused: by name. */
export function methodNotSupported(
  { group, plural }: { readonly group: string; readonly plural: string },
  verb: string,
): ApiError {
  const message = `${verb} is not supported on resources of kind "${plural}.${group}"`;
  return refusal("MethodNotAllowed", message, { group, kind: plural });
}

export function plainText(body: string, status = 200): Response {
  const headers = {
    "content-type": "text/plain; charset=utf-8",
    "x-content-type-options": "nosniff",
  };
  return new Response(body, { status, headers });
}

/** Where no part of the server answers: not an error of the API, which would be a Status. */
export const noPage = (): Response => plainText("404 page not found\n", 404);
