import { ApiError, isReason } from "#apimachinery/status.ts";
import type { Client } from "#client/client.ts";
import { discover, supports } from "#client/discovery.ts";
import { findObject } from "#client/find-object.ts";
import type { Controller } from "#controllers/controller.ts";
import { type Effect, requeueAfter } from "#controllers/effects.ts";
import {
  type CustomResourceDefinition,
  customresourcedefinitions,
} from "#gen/api/apiextensions/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import {
  type StorageVersionMigration,
  storageversionmigrations,
} from "#gen/api/storagemigration/v1.ts";
import {
  begin,
  end,
  hasEnded,
  isNext,
  isOfSameResource,
  isRunning,
  waitSeconds,
} from "./reconcile.ts";

const name = "storage-version-migrator-controller";
/** Writes in flight for one migration: it is in no hurry. */
const parallelMax = 8;

async function definitionOf(
  client: Client,
  { spec: { resource } }: StorageVersionMigration,
): Promise<CustomResourceDefinition | undefined> {
  const { group = "" } = resource;
  if (group === "") return undefined;
  return findObject(client, customresourcedefinitions, "", `${resource.resource}.${group}`);
}

async function served(
  client: Client,
  { spec: { resource } }: StorageVersionMigration,
): Promise<ResourceRef | undefined> {
  const { resources } = await discover(client);
  return resources.find(
    (ref) =>
      ref.plural === resource.resource &&
      ref.group === (resource.group ?? "") &&
      supports(ref, "list", "patch"),
  );
}

/** Writes it as it is. Who changed, removed or remade it meanwhile wrote it anew already. */
async function touch(client: Client, ref: ResourceRef, { metadata }: KubeObject): Promise<void> {
  const { namespace = "", uid, resourceVersion } = metadata;
  const fields = { metadata: { name: metadata.name, uid, resourceVersion } };
  try {
    await client.apply(ref, { namespace, name: metadata.name }, name, fields);
  } catch (error) {
    if (!isReason(error, "Conflict") && !isReason(error, "NotFound")) throw error;
  }
}

/** The version of the list that was gone through. Throws the server's refusal of a write. */
async function migrate(client: Client, ref: ResourceRef): Promise<string> {
  const { items, resourceVersion } = await client.list(ref, { metadataOnly: true });
  for (let from = 0; from < items.length; from += parallelMax) {
    const some = items.slice(from, from + parallelMax);
    await Promise.all(some.map((object) => touch(client, ref, object)));
  }
  return resourceVersion;
}

/** What trying again may mend. */
function isPassing(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status.code === 429 || error.status.code >= 500;
}

async function run(
  client: Client,
  one: StorageVersionMigration,
  now: Date,
): Promise<readonly Effect[]> {
  const ref = await served(client, one);
  if (ref === undefined) {
    const seconds = waitSeconds(one, now);
    if (seconds > 0) return [requeueAfter(seconds)];
    const failure = "resource does not exist in discovery";
    return end(one, { definition: await definitionOf(client, one), failure, now });
  }
  try {
    const resourceVersion = await migrate(client, ref);
    return end(one, { definition: await definitionOf(client, one), resourceVersion, now });
  } catch (error) {
    if (isPassing(error)) throw error;
    const failure = "migration encountered unhandled error";
    return end(one, { definition: await definitionOf(client, one), failure, now });
  }
}

export const storageVersionMigrator: Controller = {
  name,
  workers: 5,
  watch({ informers, client, enqueue }) {
    const all = informers.of(storageversionmigrations);
    const look = (one: StorageVersionMigration): void => enqueue(one.metadata.name);
    const lookAtOthers = (one: StorageVersionMigration): void =>
      all
        .list()
        .filter((other) => isOfSameResource(one, other))
        .forEach(look);
    all.onChange({
      added: look,
      updated(_, one) {
        if (hasEnded(one)) lookAtOthers(one);
        else look(one);
      },
      deleted: lookAtOthers,
    });
    return async (key, now) => {
      const one = all.get("", key);
      if (one === undefined || hasEnded(one)) return [];
      if (isRunning(one)) return run(client, one, now);
      if (!isNext(one, all.list())) return [];
      return begin(one, await definitionOf(client, one), now);
    };
  },
};
