import { selectorFromLabelSelector } from "#apimachinery/labels.ts";
import { keyOf, splitKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import { enqueueOwner } from "#controllers/enqueue-owner.ts";
import { byController, candidatesOf, controllerValues } from "#controllers/owner-references.ts";
import {
  type Pod,
  pods,
  type ReplicationController,
  replicationcontrollers,
} from "#gen/api/core/v1.ts";
import { reconcile } from "./reconcile.ts";

export const replicationController: Controller = {
  name: "replication-controller",
  workers: 5,
  watch({ informers, client, enqueue }) {
    const owners = informers.of(replicationcontrollers);
    const all = informers.of(pods, { [byController]: controllerValues });
    const look = (owner: ReplicationController): void => enqueue(keyOf(owner));
    owners.onChange({ added: look, updated: (_, owner) => look(owner), deleted: look });
    const selectorOf = ({ spec }: ReplicationController) =>
      selectorFromLabelSelector({ matchLabels: spec.selector });
    const kind = "ReplicationController";
    all.onChange(enqueueOwner<Pod, ReplicationController>({ kind, owners, selectorOf, enqueue }));
    return async (key, now) => {
      const { namespace, name } = splitKey(key);
      const owner = owners.get(namespace, name);
      if (owner === undefined) return [];
      const asked = { owner, selector: selectorOf(owner), all };
      const candidates = await candidatesOf(client, replicationcontrollers, asked);
      return candidates === undefined ? [] : reconcile(owner, { candidates }, now);
    };
  },
};
