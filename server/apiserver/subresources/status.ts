/** /status of any resource: the main verbs; the strategy keeps everything but the status. */

import { get } from "#apiserver/handlers/get.ts";
import { patch } from "#apiserver/handlers/patch.ts";
import { update } from "#apiserver/handlers/update.ts";
import type { SubresourceHandlers } from "#apiserver/subresources/registry.ts";

export const status: SubresourceHandlers = { get, update, patch };
