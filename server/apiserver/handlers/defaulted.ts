import type { Call } from "#apiserver/call.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";

/** The addressed version's object, defaulted, in the stored version. */
export function defaulted({ endpoint }: Call, object: KubeObject, now: Date): KubeObject {
  endpoint.addressed.default?.(object, now);
  const stored = endpoint.conversion?.toStored(object) ?? object;
  if (stored !== object) endpoint.resource.default?.(stored, now);
  return stored;
}
