import type { Controller } from "#controllers/controller.ts";
import { nodes } from "#gen/api/core/v1.ts";
import { reconcile, stepAfter } from "./reconcile.ts";

export const ttl: Controller = {
  name: "ttl-controller",
  workers: 5,
  watch({ informers, enqueue }) {
    const all = informers.of(nodes);
    let count = 0;
    let step = 0;
    const counted = (change: number): void => {
      count += change;
      step = stepAfter(step, count);
    };
    all.onChange({
      added({ metadata }) {
        counted(1);
        enqueue(metadata.name);
      },
      // After a step the others are told when they next change, which is soon.
      updated: (_, { metadata }) => enqueue(metadata.name),
      deleted: () => counted(-1),
    });
    return (name) => {
      const node = all.get("", name);
      return node === undefined ? [] : reconcile(node, step);
    };
  },
};
