/** Who answers a subresource: `group/resource/name`, or `*` for every resource that has one of that name. */
import type { Handler } from "#apiserver/call.ts";
import { status } from "./status.ts";

/** By verb: get, create, update, patch, delete. */
export type SubresourceHandlers = Readonly<Record<string, Handler>>;

export type SubresourceRegistry = ReadonlyMap<string, SubresourceHandlers>;

export const subresources: SubresourceRegistry = new Map<string, SubresourceHandlers>([
  ["*/status", status],
]);
