/** Which handler answers a verb: one line each. Subresources stand in subresources/registry.ts. */
import type { Handler } from "#apiserver/call.ts";
import { create } from "./create.ts";
import { deleteOne } from "./delete.ts";
import { deleteCollection } from "./delete-collection.ts";
import { getOne } from "./get.ts";
import { list } from "./list.ts";
import { patch } from "./patch.ts";
import { update } from "./update.ts";
import { watch } from "./watch.ts";

export const handlers: Readonly<Record<string, Handler>> = {
  get: getOne,
  list,
  watch,
  create,
  update,
  patch,
  delete: deleteOne,
  deletecollection: deleteCollection,
};
