import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { Client } from "#client/client.ts";
import { discover, supports } from "#client/discovery.ts";
import { keyOf, splitKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import {
  persistentvolumeclaims,
  pods,
  type ResourceQuota,
  resourcequotas,
  services,
} from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import { concerns } from "#resources/quota/usage.ts";
import { boundNames, type Counted, reconcile } from "./reconcile.ts";

/** Kinds whose whole objects matter, and whose deletions are heard of. */
const watched: readonly ResourceRef[] = [pods, services, persistentvolumeclaims];

export const resourceQuota: Controller = {
  name: "resourcequota-controller",
  workers: 5,
  watch({ informers, client, enqueue }) {
    const quotas = informers.of(resourcequotas);
    quotas.onChange({
      added: (quota) => enqueue(keyOf(quota)),
      // What admission takes is no reason to count; what somebody else writes is.
      updated: (old, quota) => {
        const bounds = ({ spec, status }: ResourceQuota) => [spec, status?.hard];
        if (!deepEqual(bounds(old), bounds(quota))) enqueue(keyOf(quota));
      },
    });
    const again = ({ metadata }: KubeObject): void => {
      for (const quota of quotas.list())
        if (quota.metadata.namespace === metadata.namespace) enqueue(keyOf(quota));
    };
    for (const ref of watched)
      informers.of(ref).onChange({
        updated: (old, object) => {
          if (frees(old, object)) again(object);
        },
        deleted: again,
      });
    return async (key, now) => {
      const { namespace, name } = splitKey(key);
      const quota = await current(client, namespace, name);
      return quota === undefined ? [] : reconcile(quota, await count(client, quota), now);
    };
  },
};

/** A Pod that ended, a Service or claim that changed, may give back what it had. */
function frees(old: KubeObject, object: KubeObject): boolean {
  const phase = (one: KubeObject & { status?: { phase?: string } }) => one.status?.phase;
  const spec = (one: KubeObject & { spec?: unknown }) => one.spec;
  if (object.kind !== "Pod") return !deepEqual(spec(old), spec(object));
  const ended = phase(object) === "Succeeded" || phase(object) === "Failed";
  return (ended && phase(old) !== phase(object)) || !deepEqual(spec(old), spec(object));
}

/**
 * As it is now, so that a write over it conflicts with whatever admission takes meanwhile. Listed, since upstream's
 * role lets the controller list quotas but not get one.
 */
async function current(
  client: Client,
  namespace: string,
  name: string,
): Promise<ResourceQuota | undefined> {
  const fieldSelector = `metadata.name=${name}`;
  const { items } = await client.list(resourcequotas, { namespace, fieldSelector });
  return items[0];
}

async function count(client: Client, quota: ResourceQuota): Promise<readonly Counted[]> {
  const names = boundNames(quota);
  const { resources } = await discover(client);
  const refs = resources.filter(
    (ref) => ref.namespaced && supports(ref, "list") && names.some((name) => concerns(ref, name)),
  );
  const { namespace = "" } = quota.metadata;
  return Promise.all(
    refs.map(async (ref): Promise<Counted> => {
      const isWatched = watched.some(
        ({ group, plural }) => group === ref.group && plural === ref.plural,
      );
      const { items } = await client.list(ref, { namespace, metadataOnly: !isWatched });
      return { ref, objects: items, isWatched };
    }),
  );
}
