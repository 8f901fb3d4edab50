import { keyOf, splitKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import { claimKeysOf } from "#controllers/pod-claims.ts";
import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
} from "#gen/api/core/v1.ts";
import { type VolumeAttributesClass, volumeattributesclasses } from "#gen/api/storage/v1.ts";
import { reconcile } from "./reconcile.ts";

const byClaim = "claim in use";

/** A pod that is on no node uses nothing yet. */
function claimsOf(pod: Pod): readonly string[] {
  return (pod.spec.nodeName ?? "") === "" ? [] : claimKeysOf(pod);
}

export const claimProtection: Controller = {
  name: "pvc-protection-controller",
  workers: 2,
  watch({ informers, enqueue }) {
    const claims = informers.of(persistentvolumeclaims);
    const users = informers.of(pods, { [byClaim]: claimsOf });
    const look = (claim: PersistentVolumeClaim): void => enqueue(keyOf(claim));
    claims.onChange({ added: look, updated: (_, claim) => look(claim) });
    users.onChange({ deleted: (pod) => claimsOf(pod).forEach(enqueue) });
    const what = { ref: persistentvolumeclaims, finalizer: "kubernetes.io/pvc-protection" };
    return (key) => {
      const { namespace, name } = splitKey(key);
      const claim = claims.get(namespace, name);
      if (claim === undefined) return [];
      return reconcile(claim, what, () => users.byIndex(byClaim, key).length > 0);
    };
  },
};

export const volumeProtection: Controller = {
  name: "pv-protection-controller",
  workers: 2,
  watch({ informers, enqueue }) {
    const volumes = informers.of(persistentvolumes);
    const look = (volume: PersistentVolume): void => enqueue(keyOf(volume));
    volumes.onChange({ added: look, updated: (_, volume) => look(volume) });
    const what = { ref: persistentvolumes, finalizer: "kubernetes.io/pv-protection" };
    return (key) => {
      const volume = volumes.get("", splitKey(key).name);
      if (volume === undefined) return [];
      return reconcile(volume, what, () => volume.status?.phase === "Bound");
    };
  },
};

export const attributesClassProtection: Controller = {
  name: "volumeattributesclass-protection-controller",
  workers: 1,
  watch({ informers, enqueue }) {
    const classes = informers.of(volumeattributesclasses);
    const claims = informers.of(persistentvolumeclaims);
    const volumes = informers.of(persistentvolumes);
    const look = (one: VolumeAttributesClass): void => enqueue(keyOf(one));
    const lookAtGoing = (): void => {
      for (const one of classes.list()) {
        if (one.metadata.deletionTimestamp !== undefined) look(one);
      }
    };
    classes.onChange({ added: look, updated: (_, one) => look(one) });
    for (const informer of [claims, volumes]) {
      informer.onChange({ updated: lookAtGoing, deleted: lookAtGoing });
    }
    const what = { ref: volumeattributesclasses, finalizer: "kubernetes.io/vac-protection" };
    return (key) => {
      const { name } = splitKey(key);
      const found = classes.get("", name);
      if (found === undefined) return [];
      const named = ({ spec, status }: PersistentVolumeClaim): boolean =>
        [
          spec.volumeAttributesClassName,
          status?.currentVolumeAttributesClassName,
          status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
        ].includes(name);
      return reconcile(
        found,
        what,
        () =>
          claims.list().some(named) ||
          volumes.list().some(({ spec }) => spec.volumeAttributesClassName === name),
      );
    };
  },
};
