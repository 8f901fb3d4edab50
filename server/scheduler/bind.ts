/** Writes decisions: pods/binding, many in flight. The caller forgets what could not be written. */

import type { Client } from "#client/client.ts";
import type { Pod } from "#gen/api/core/v1.ts";

/** POSTs in flight; an API server's group commit makes one write of many. */
export const bindingsMax = 256;

export async function bind(client: Client, pod: Pod, nodeName: string): Promise<void> {
  const { name, uid, namespace = "" } = pod.metadata;
  await client.post(`/api/v1/namespaces/${namespace}/pods/${name}/binding`, {
    apiVersion: "v1",
    kind: "Binding",
    ...{
      metadata: { name, namespace, uid },
      target: { apiVersion: "v1", kind: "Node", name: nodeName },
    },
  });
}
