/** What the store refuses, in upstream's words. */
import { messageOf } from "#apimachinery/error-message.ts";
import { type ApiError, expired, refusal } from "#apimachinery/status.ts";
import type { Revision } from "#storage/storage.ts";

export function tooOld(revision: Revision, compacted: Revision): ApiError {
  return expired(`too old resource version: ${revision} (${compacted})`);
}

/** Seen by clients as 504 with a cause, so that they ask again a little later. */
export function tooLarge(revision: Revision, current: Revision): ApiError {
  return refusal(
    "Timeout",
    `Timeout: Too large resource version: ${revision}, current: ${current}`,
    {
      causes: [{ reason: "ResourceVersionTooLarge", message: "Too large resource version" }],
      retryAfterSeconds: 1,
    },
  );
}

/** The epoch moved between reading and writing: nothing was written. */
export function restored(): ApiError {
  return refusal("ServerTimeout", "the store was restored while the request ran; try again", {
    retryAfterSeconds: 1,
  });
}

export function unknownOutcome(): ApiError {
  return refusal("Timeout", "the store did not say whether the write was made");
}

export function closing(): ApiError {
  return refusal("ServiceUnavailable", "the store is closing");
}

/** With a Retry-After, so that clients ask again by themselves. */
export function outOfReach(error: unknown): ApiError {
  const why = messageOf(error);
  return refusal("ServerTimeout", `the store is out of reach: ${why}`, { retryAfterSeconds: 1 });
}
