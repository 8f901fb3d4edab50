import { splitKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import { namespaces, serviceaccounts } from "#gen/api/core/v1.ts";
import { reconcile, serviceAccountName } from "./reconcile.ts";

export const serviceAccount: Controller = {
  name: "service-account-controller",
  workers: 1,
  watch({ informers, enqueue }) {
    const all = informers.of(namespaces);
    const accounts = informers.of(serviceaccounts);
    all.onChange({
      added: ({ metadata }) => enqueue(metadata.name),
      updated: (_, { metadata }) => enqueue(metadata.name),
    });
    accounts.onChange({
      deleted: ({ metadata }) => {
        if (metadata.name === serviceAccountName) enqueue(metadata.namespace ?? "");
      },
    });
    return (key) => {
      const { name } = splitKey(key);
      return reconcile(all.get("", name), accounts.get(name, serviceAccountName));
    };
  },
};
