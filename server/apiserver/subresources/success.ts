import type { Call } from "#apiserver/call.ts";
import { objectResponse } from "#apiserver/encoding/entry-response.ts";

/** Status Success: what binding and eviction answer. */
export function succeeded(call: Call, code: number): Response {
  const fields = { metadata: {}, status: "Success", code };
  return objectResponse(call, code, Object.assign({ kind: "Status", apiVersion: "v1" }, fields));
}
