/** Continue tokens: opaque to clients, base64url JSON with the list's revision and the last key it showed. */
import { Buffer } from "node:buffer";
import type { ApiError } from "#apimachinery/status.ts";
import { badRequest, refusal } from "#apimachinery/status.ts";
import type { Revision } from "#storage/storage.ts";

const tokenVersion = "meta.k8s.io/v1";
const tokenBytesMax = 4096;

export interface ContinueToken {
  /** -1: the rest as it stands now, consistent with nothing before it. */
  readonly revision: Revision;
  /** The page starts after this "namespace/name". */
  readonly after: string;
}

export function encodeContinue({ revision, after }: ContinueToken): string {
  const token = { v: tokenVersion, rv: revision, start: `${after}\u0000` };
  return Buffer.from(JSON.stringify(token)).toString("base64url");
}

/** Where unpadded base64url goes wrong; undefined: nowhere. */
function corruptAt(text: string): number | undefined {
  const bad = text.search(/[^-\w\r\n]/);
  if (bad >= 0) return bad;
  return text.length % 4 === 1 ? text.length - 1 : undefined;
}

/** A key that leads out of its place, or goes astray on the way to it. */
function isDevious(start: string): boolean {
  const steps = start.replace(/^\//, "").split("/");
  return steps.some((step) => step === "" || step === "." || step === "..");
}

const refuse = (why: string): never => {
  throw badRequest(`invalid continue token: continue key is not valid: ${why}`);
};

/** Throws BadRequest: tokens are the server's own, only a broken client has another. */
export function decodeContinue(text: string): ContinueToken {
  if (text.length > tokenBytesMax) return refuse("too long");
  const corrupt = corruptAt(text);
  if (corrupt !== undefined) return refuse(`illegal base64 data at input byte ${corrupt}`);
  let token: unknown;
  try {
    token = JSON.parse(Buffer.from(text, "base64url").toString("utf8"));
  } catch {
    return refuse("incorrect encoded continue token");
  }
  if (typeof token !== "object" || token === null) return refuse("no token");
  const fields: Readonly<Record<string, unknown>> = { ...token };
  const { v: version = "", rv: revision, start } = fields;
  if (version !== tokenVersion)
    return refuse(`server does not recognize this encoded version ${version}`);
  if (typeof revision !== "number" || !Number.isSafeInteger(revision) || revision === 0) {
    return refuse(`incorrect encoded start resourceVersion (version ${tokenVersion})`);
  }
  if (typeof start !== "string" || start === "") {
    return refuse(`encoded start key empty (version ${tokenVersion})`);
  }
  const after = start.endsWith("\u0000") ? start.slice(0, -1) : start;
  return isDevious(after) ? refuse(start) : { revision, after };
}

/** 410 with a token that goes on from the same key without consistency, as upstream hands out. */
export function expiredContinue({ after }: ContinueToken): ApiError {
  const error = refusal(
    "Expired",
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.",
  );
  error.status.metadata = { continue: encodeContinue({ revision: -1, after }) };
  return error;
}
