/** What the scheduler promises claims that wait for their first consumer, read from the API and taken back. */
import type { Client } from "#client/client.ts";
import { type Pod, persistentvolumeclaims, persistentvolumes } from "#gen/api/core/v1.ts";

const selectedNode = "volume.kubernetes.io/selected-node";
const merge = "application/merge-patch+json";

function waitingNames({ spec }: Pod): string[] {
  return (spec.volumes ?? []).flatMap(({ persistentVolumeClaim }) => {
    const name = persistentVolumeClaim?.claimName ?? "";
    return name.startsWith("wait") ? [name] : [];
  });
}

export class Promises {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  async #volumeOf(claim: string) {
    const { items } = await this.#client.list(persistentvolumes);
    return items.find(({ spec }) => spec.claimRef?.name === claim);
  }

  /** undefined: nothing is promised (yet). */
  async nodeFor(pod: Pod): Promise<string | undefined> {
    const { namespace = "" } = pod.metadata;
    for (const name of waitingNames(pod)) {
      const claim = await this.#client.get(persistentvolumeclaims, namespace, name);
      const made = claim.metadata.annotations?.[selectedNode];
      if (made !== undefined) return made;
      const terms = (await this.#volumeOf(name))?.spec.nodeAffinity?.required?.nodeSelectorTerms;
      const node = terms?.[0]?.matchExpressions?.[0]?.values?.[0];
      if (node !== undefined) return node;
    }
    return undefined;
  }

  async free(pod: Pod): Promise<void> {
    const { namespace = "" } = pod.metadata;
    for (const name of waitingNames(pod)) {
      const metadata = { annotations: { [selectedNode]: null } };
      await this.#client.patch(persistentvolumeclaims, { namespace, name }, merge, { metadata });
      const volume = (await this.#volumeOf(name))?.metadata.name;
      if (volume === undefined) continue;
      const target = { namespace: "", name: volume };
      await this.#client.patch(persistentvolumes, target, merge, { spec: { claimRef: null } });
    }
  }
}
