import { keyOf, splitKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import {
  type PersistentVolumeClaim,
  persistentvolumeclaims,
  persistentvolumes,
} from "#gen/api/core/v1.ts";
import { reconcile, wantsMore } from "./reconcile.ts";

export const volumeExpander: Controller = {
  name: "volume_expand",
  workers: 10,
  watch({ informers, enqueue }) {
    const claims = informers.of(persistentvolumeclaims);
    const volumes = informers.of(persistentvolumes);
    const look = (claim: PersistentVolumeClaim): void => {
      if (wantsMore(claim)) enqueue(keyOf(claim));
    };
    const sizeOf = ({ spec }: PersistentVolumeClaim): string =>
      spec.resources?.requests?.["storage"] ?? "";
    claims.onChange({
      added: look,
      updated(old, claim) {
        if (sizeOf(old) !== sizeOf(claim)) look(claim);
      },
    });
    return (key) => {
      const { namespace, name } = splitKey(key);
      const claim = claims.get(namespace, name);
      if (claim === undefined) return [];
      return reconcile(claim, volumes.get("", claim.spec.volumeName ?? ""));
    };
  },
};
