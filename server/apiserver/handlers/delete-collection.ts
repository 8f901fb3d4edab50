/** DELETE of a collection: the page that the query selects, object by object, each under its own rules. */
import { isReason } from "#apimachinery/status.ts";
import type { Handler } from "#apiserver/call.ts";
import { listResponse } from "#apiserver/encoding/list-response.ts";
import { negotiated } from "#apiserver/negotiation.ts";
import { deleteObject, deleteOptions } from "./delete.ts";
import { checkListing, listPage } from "./list.ts";

/** Deletes in flight at once: enough to fill a commit, too few to starve others. */
const workers = 16;

export const deleteCollection: Handler = async (server, call) => {
  negotiated(call);
  checkListing(call);
  const options = await deleteOptions(call);
  const page = await listPage(server, call);
  const left = [...page.entries].reverse();
  const work = async (): Promise<void> => {
    for (let entry = left.pop(); entry !== undefined; entry = left.pop()) {
      try {
        await deleteObject(server, call, options, entry.key);
      } catch (error) {
        // Somebody else was faster: it is gone all the same.
        if (!isReason(error, "NotFound")) throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, left.length) }, work));
  return listResponse(server, call, page);
};
