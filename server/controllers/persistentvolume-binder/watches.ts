import type { Client } from "#client/client.ts";
import { findObject } from "#client/find-object.ts";
import type { Informer } from "#client/informer.ts";
import { keyOf, splitKey } from "#client/store.ts";
import type { Controller, WatchContext } from "#controllers/controller.ts";
import { byClaim, claimKeyOf, claimKeysOf } from "#controllers/pod-claims.ts";
import { isPodTerminal } from "#controllers/pod-conditions.ts";
import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
} from "#gen/api/core/v1.ts";
import { type StorageClass, storageclasses } from "#gen/api/storage/v1.ts";
import { classNameOf } from "#resources/core/v1/claim-binding.ts";
import { reconcileClaim, type Storage } from "./reconcile-claim.ts";
import { reconcileVolume } from "./reconcile-volume.ts";

/** Two kinds of key in one queue: `volume:NAME` and `claim:NAMESPACE/NAME`. */
const volumePrefix = "volume:";
const claimPrefix = "claim:";

const byClass = "class";
const unboundByClass = "unbound";

const isUnbound = ({ spec }: PersistentVolumeClaim): boolean => (spec.volumeName ?? "") === "";

interface Copies {
  readonly volumes: Informer<PersistentVolume>;
  readonly claims: Informer<PersistentVolumeClaim>;
  readonly classes: Informer<StorageClass>;
  readonly pods: Informer<Pod>;
}

function copiesOf({ informers }: WatchContext): Copies {
  return {
    volumes: informers.of(persistentvolumes, {
      [byClass]: (volume) => [classNameOf(volume)],
      [byClaim]: (volume) => {
        const key = claimKeyOf(volume);
        return key === undefined ? [] : [key];
      },
    }),
    claims: informers.of(persistentvolumeclaims, {
      [unboundByClass]: (claim) => (isUnbound(claim) ? [classNameOf(claim)] : []),
    }),
    classes: informers.of(storageclasses),
    pods: informers.of(pods, { [byClaim]: claimKeysOf }),
  };
}

function subscribe({ volumes, claims, classes }: Copies, enqueue: (key: string) => void): void {
  const lookAtVolume = (name: string): void => enqueue(volumePrefix + name);
  const lookAtClaim = (key: string): void => enqueue(claimPrefix + key);
  const lookAtUnbound = (className: string): void => {
    for (const claim of claims.byIndex(unboundByClass, className)) lookAtClaim(keyOf(claim));
  };
  const changedVolume = (volume: PersistentVolume): void => {
    lookAtVolume(volume.metadata.name);
    const key = claimKeyOf(volume);
    if (key !== undefined) lookAtClaim(key);
    else if (volume.status?.phase === "Available") lookAtUnbound(classNameOf(volume));
  };
  volumes.onChange({
    added: changedVolume,
    updated: (_, volume) => changedVolume(volume),
    deleted(volume) {
      const key = claimKeyOf(volume);
      if (key !== undefined) lookAtClaim(key);
    },
  });
  const lookAtVolumesOf = (claim: PersistentVolumeClaim): void => {
    const { volumeName = "" } = claim.spec;
    if (volumeName !== "") lookAtVolume(volumeName);
    for (const { metadata } of volumes.byIndex(byClaim, keyOf(claim))) lookAtVolume(metadata.name);
  };
  const changedClaim = (claim: PersistentVolumeClaim): void => {
    lookAtClaim(keyOf(claim));
    lookAtVolumesOf(claim);
  };
  claims.onChange({
    added: changedClaim,
    updated: (_, claim) => changedClaim(claim),
    deleted: lookAtVolumesOf,
  });
  // One that became the default concerns claims that name none.
  const changedClass = ({ metadata }: StorageClass): void => {
    for (const name of [metadata.name, ""]) lookAtUnbound(name);
  };
  classes.onChange({ added: changedClass, updated: (_, one) => changedClass(one) });
}

function storageFor(claim: PersistentVolumeClaim, copies: Copies): Storage {
  const { volumes, classes } = copies;
  const { volumeName = "" } = claim.spec;
  const key = keyOf(claim);
  const candidates = [
    ...volumes.byIndex(byClass, classNameOf(claim)),
    ...volumes.byIndex(byClaim, key),
  ];
  return {
    volumes: [...new Set(candidates)],
    named: volumeName === "" ? undefined : volumes.get("", volumeName),
    classes: classes.list(),
    pods: copies.pods.byIndex(byClaim, key),
  };
}

/** Our copy may be behind: nothing is released before the server says that the claim has gone. */
async function claimOf(
  { spec, status }: PersistentVolume,
  claims: Informer<PersistentVolumeClaim>,
  client: Client,
): Promise<PersistentVolumeClaim | undefined> {
  const { namespace = "", name = "", uid = "" } = spec.claimRef ?? {};
  if (uid === "") return undefined;
  const known = claims.get(namespace, name);
  if (known?.metadata.uid === uid) return known;
  const isOver = status?.phase === "Released" || status?.phase === "Failed";
  if (known === undefined && isOver) return undefined;
  const live = await findObject(client, persistentvolumeclaims, namespace, name);
  return live?.metadata.uid === uid ? live : undefined;
}

function usersOf(volume: PersistentVolume, all: Informer<Pod>): readonly string[] {
  const users = all.byIndex(byClaim, claimKeyOf(volume) ?? "");
  return users
    .filter((pod) => !isPodTerminal(pod))
    .map(keyOf)
    .sort();
}

export const persistentVolumeBinder: Controller = {
  name: "persistentvolume-controller",
  workers: 4,
  watch(context) {
    const copies = copiesOf(context);
    const { volumes, claims } = copies;
    subscribe(copies, context.enqueue);
    return async (key) => {
      if (key.startsWith(volumePrefix)) {
        const volume = volumes.get("", key.slice(volumePrefix.length));
        if (volume === undefined) return [];
        const claim = await claimOf(volume, claims, context.client);
        return reconcileVolume(volume, claim, usersOf(volume, copies.pods));
      }
      const { namespace, name } = splitKey(key.slice(claimPrefix.length));
      const claim = claims.get(namespace, name);
      return claim === undefined ? [] : reconcileClaim(claim, storageFor(claim, copies));
    };
  },
};
