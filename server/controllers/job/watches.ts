import { controllerOf } from "#apimachinery/controller-of.ts";
import { selectorFromLabelSelector } from "#apimachinery/labels.ts";
import { keyOf, objectKey, splitKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import { enqueueOwner } from "#controllers/enqueue-owner.ts";
import { byController, candidatesOf, controllerValues } from "#controllers/owner-references.ts";
import { type Job, jobs } from "#gen/api/batch/v1.ts";
import { type Pod, pods } from "#gen/api/core/v1.ts";
import { reconcile } from "./reconcile.ts";
import { isTracked, untrack } from "./tracking.ts";

/** Keys of pods that a Job left behind: `pod:namespace/name`. */
const podPrefix = "pod:";

export const job: Controller = {
  name: "job-controller",
  workers: 5,
  watch({ informers, client, enqueue }) {
    const owners = informers.of(jobs);
    const all = informers.of(pods, { [byController]: controllerValues });
    /** Whether nobody will ever count it: its Job is gone. */
    const isLost = (pod: Pod): boolean => {
      if (!isTracked(pod)) return false;
      const owner = controllerOf(pod);
      if (owner === undefined) return pod.metadata.deletionTimestamp !== undefined;
      if (owner.kind !== "Job") return false;
      const found = owners.get(pod.metadata.namespace ?? "", owner.name);
      return found?.metadata.uid !== owner.uid;
    };
    const lookAtLost = (pod: Pod): void => {
      if (isTracked(pod)) enqueue(podPrefix + keyOf(pod));
    };
    const look = (object: Job): void => enqueue(keyOf(object));
    owners.onChange({
      added: look,
      updated: (_, object) => look(object),
      deleted(object) {
        for (const pod of all.byIndex(byController, object.metadata.uid ?? "")) lookAtLost(pod);
      },
    });
    const selectorOf = ({ spec }: Job) => selectorFromLabelSelector(spec.selector);
    all.onChange(enqueueOwner<Pod, Job>({ kind: "Job", owners, selectorOf, enqueue }));
    all.onChange({
      added: lookAtLost,
      updated(_, pod) {
        if (isLost(pod)) lookAtLost(pod);
      },
    });
    const free = async (key: string) => {
      const { namespace, name } = splitKey(key);
      const pod = all.get(namespace, name);
      if (pod === undefined || !isLost(pod)) return [];
      const owner = controllerOf(pod);
      // The cache may not have seen the Job yet: only a live look says that it is gone.
      if (owner !== undefined && (await isThere(objectKey(namespace, owner.name), owner.uid))) {
        return [];
      }
      return [untrack(pod)];
    };
    const isThere = async (key: string, uid: string): Promise<boolean> => {
      const { namespace, name } = splitKey(key);
      const fieldSelector = `metadata.name=${name}`;
      const { items } = await client.list(jobs, { namespace, fieldSelector });
      return items.some(({ metadata }) => metadata.uid === uid);
    };
    return async (key, now) => {
      if (key.startsWith(podPrefix)) return free(key.slice(podPrefix.length));
      const { namespace, name } = splitKey(key);
      const object = owners.get(namespace, name);
      if (object === undefined) return [];
      const asked = { owner: object, selector: selectorOf(object), all };
      const candidates = await candidatesOf(client, jobs, asked);
      return candidates === undefined ? [] : reconcile(object, candidates, now);
    };
  },
};
