import { badRequest } from "#apimachinery/status.ts";

/** One step of a path, percent-decoded. Throws ApiError BadRequest for a broken escape. */
export function decodedPart(part: string): string {
  if (!part.includes("%")) return part;
  try {
    return decodeURIComponent(part);
  } catch {
    throw badRequest(`invalid URL escape ${JSON.stringify(part)}`);
  }
}
