import { controllerOf } from "#apimachinery/controller-of.ts";
import { keyOf, objectKey, splitKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import { byController, controllerValues } from "#controllers/owner-references.ts";
import { type CronJob, cronjobs, type Job, jobs } from "#gen/api/batch/v1.ts";
import { reconcile } from "./reconcile.ts";

export const cronJob: Controller = {
  name: "cronjob-controller",
  workers: 5,
  watch({ informers, enqueue }) {
    const all = informers.of(cronjobs);
    const owned = informers.of(jobs, { [byController]: controllerValues });
    const look = (object: CronJob): void => enqueue(keyOf(object));
    all.onChange({ added: look, updated: (_, object) => look(object) });
    const wake = (job: Job): void => {
      const owner = controllerOf(job);
      if (owner?.kind === "CronJob") enqueue(objectKey(job.metadata.namespace ?? "", owner.name));
    };
    owned.onChange({ added: wake, updated: (_, job) => wake(job), deleted: wake });
    return (key, now) => {
      const { namespace, name } = splitKey(key);
      const object = all.get(namespace, name);
      if (object === undefined) return [];
      return reconcile(object, owned.byIndex(byController, object.metadata.uid ?? ""), now);
    };
  },
};
