import { keyOf, splitKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import { type Job, jobs } from "#gen/api/batch/v1.ts";
import { reconcile } from "./reconcile.ts";

export const ttlAfterFinished: Controller = {
  name: "ttl-after-finished-controller",
  workers: 1,
  watch({ informers, enqueue }) {
    const all = informers.of(jobs);
    const look = (job: Job): void => {
      if (job.spec.ttlSecondsAfterFinished !== undefined) enqueue(keyOf(job));
    };
    all.onChange({ added: look, updated: (_, job) => look(job) });
    return (key, now) => {
      const { namespace, name } = splitKey(key);
      const job = all.get(namespace, name);
      return job === undefined ? [] : reconcile(job, now);
    };
  },
};
