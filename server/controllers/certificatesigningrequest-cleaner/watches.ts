import type { Controller } from "#controllers/controller.ts";
import { certificatesigningrequests } from "#gen/api/certificates/v1.ts";
import { reconcile } from "./reconcile.ts";

export const csrCleaner: Controller = {
  name: "certificatesigningrequest-cleaner-controller",
  workers: 1,
  watch({ informers, enqueue }) {
    const all = informers.of(certificatesigningrequests);
    all.onChange({
      added: ({ metadata }) => enqueue(metadata.name),
      updated: (_, { metadata }) => enqueue(metadata.name),
    });
    return (name, now) => {
      const csr = all.get("", name);
      return csr === undefined ? [] : reconcile(csr, now);
    };
  },
};
