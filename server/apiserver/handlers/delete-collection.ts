/** DELETE of a collection: the page that the query selects, object by object, each under its own rules. */
import { invalidValue, Path } from "#apimachinery/field-error.ts";
import { invalid, isReason } from "#apimachinery/status.ts";
import type { Handler } from "#apiserver/call.ts";
import { listResponse } from "#apiserver/encoding/list-response.ts";
import { negotiated } from "#apiserver/negotiation.ts";
import type { DeleteOptions } from "#gen/api/meta/v1.ts";
import { deleteObject, deleteOptions } from "./delete.ts";
import { checkListing, listPage } from "./list.ts";

/** Deletes in flight at once: enough to fill a commit, too few to starve others. */
const workers = 16;

function refuseUnsafe({
  ignoreStoreReadErrorWithClusterBreakingPotential: unsafe,
}: DeleteOptions): void {
  if (unsafe !== true) return;
  const why = "is not allowed with DELETECOLLECTION, try again after removing the option";
  const field = new Path("ignoreStoreReadErrorWithClusterBreakingPotential");
  throw invalid({ group: "meta.k8s.io", kind: "DeleteOptions" }, "", [
    invalidValue(field, true, why),
  ]);
}

export const deleteCollection: Handler = async (server, call) => {
  negotiated(call);
  checkListing(call);
  const options = await deleteOptions(call);
  refuseUnsafe(options);
  // Upstream reads what it deletes page by page.
  const page = await listPage(server, call, { paged: true });
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
