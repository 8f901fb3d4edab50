import { isReason } from "#apimachinery/status.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import type { Client } from "./client.ts";

/** `client.get`; undefined: the server has no such object. Other refusals are thrown. */
export async function findObject<T extends KubeObject>(
  client: Pick<Client, "get">,
  ref: ResourceRef<T>,
  namespace: string,
  name: string,
): Promise<T | undefined> {
  try {
    return await client.get(ref, namespace, name);
  } catch (error) {
    if (isReason(error, "NotFound")) return undefined;
    throw error;
  }
}
