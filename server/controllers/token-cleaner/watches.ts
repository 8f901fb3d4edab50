import { keyOf, splitKey } from "#client/store.ts";
import { isBootstrapToken } from "#controllers/bootstrap-tokens.ts";
import type { Controller } from "#controllers/controller.ts";
import { type Secret, secrets } from "#gen/api/core/v1.ts";
import { reconcile } from "./reconcile.ts";

export const tokenCleaner: Controller = {
  name: "token-cleaner",
  workers: 1,
  watch({ informers, enqueue }) {
    const all = informers.of(secrets);
    const look = (secret: Secret): void => {
      if (isBootstrapToken(secret)) enqueue(keyOf(secret));
    };
    all.onChange({ added: look, updated: (_, secret) => look(secret) });
    return (key, now) => {
      const { namespace, name } = splitKey(key);
      const secret = all.get(namespace, name);
      return secret === undefined || !isBootstrapToken(secret) ? [] : reconcile(secret, now);
    };
  },
};
