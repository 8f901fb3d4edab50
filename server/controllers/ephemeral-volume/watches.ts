import { keyOf, splitKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import { byClaim, claimKeysOf } from "#controllers/pod-claims.ts";
import { type Pod, persistentvolumeclaims, pods } from "#gen/api/core/v1.ts";
import { reconcile } from "./reconcile.ts";

export const ephemeralVolume: Controller = {
  name: "ephemeral_volume",
  workers: 5,
  watch({ informers, enqueue }) {
    const all = informers.of(pods, { [byClaim]: claimKeysOf });
    const claims = informers.of(persistentvolumeclaims);
    const look = (pod: Pod): void => {
      if (pod.spec.volumes?.some(({ ephemeral }) => ephemeral !== undefined)) enqueue(keyOf(pod));
    };
    // The volumes of a pod never change.
    all.onChange({ added: look });
    claims.onChange({ deleted: (claim) => all.byIndex(byClaim, keyOf(claim)).forEach(look) });
    return (key) => {
      const { namespace, name } = splitKey(key);
      const pod = all.get(namespace, name);
      return pod === undefined ? [] : reconcile(pod, (claim) => claims.get(namespace, claim));
    };
  },
};
