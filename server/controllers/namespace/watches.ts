import { isReason } from "#apimachinery/status.ts";
import type { Client } from "#client/client.ts";
import { discover, supports } from "#client/discovery.ts";
import type { Controller } from "#controllers/controller.ts";
import { namespaces } from "#gen/api/core/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import { type Content, isEnding, type Observed, reconcile } from "./reconcile.ts";

export const namespace: Controller = {
  name: "namespace-controller",
  workers: 10,
  watch({ informers, client, enqueue }) {
    const all = informers.of(namespaces);
    all.onChange({
      added: ({ metadata }) => enqueue(metadata.name),
      updated: (_, { metadata }) => enqueue(metadata.name),
    });
    return async (name, now) => {
      const object = all.get("", name);
      if (object === undefined || !isEnding(object)) return [];
      return reconcile(object, await observe(client, name), now);
    };
  },
};

async function observe(client: Client, namespaceName: string): Promise<Observed> {
  const { resources, incomplete } = await discover(client);
  const refs = resources.filter((ref) => ref.namespaced && supports(ref, "list", "delete"));
  const failures: string[] = [];
  const content: Content[] = [];
  await Promise.all(
    refs.map(async (ref) => {
      try {
        content.push({ ref, objects: await contentOf(client, ref, namespaceName) });
      } catch (error) {
        // A custom resource that has just gone took its objects along.
        if (isReason(error, "NotFound") || isReason(error, "MethodNotAllowed")) return;
        failures.push(`${ref.plural}.${ref.group}: ${String(error)}`);
      }
    }),
  );
  content.sort((a, b) => (a.ref.plural < b.ref.plural ? -1 : 1));
  return { content, undiscovered: incomplete, failures };
}

async function contentOf(client: Client, ref: ResourceRef, namespaceName: string) {
  const { items } = await client.list(ref, { namespace: namespaceName, metadataOnly: true });
  return items;
}
