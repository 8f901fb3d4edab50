import type { Client } from "#client/client.ts";
import { findObject } from "#client/find-object.ts";
import type { Controller } from "#controllers/controller.ts";
import { requeueAfter } from "#controllers/effects.ts";
import { configmaps, pods, type Secret, secrets, serviceaccounts } from "#gen/api/core/v1.ts";
import { referencesOf } from "#resources/core/v1/pod-references.ts";
import { reconcile } from "./reconcile.ts";

const trackingName = "kube-apiserver-legacy-service-account-token-tracking";
const roundSeconds = 24 * 3600;
/** There is one thing to do: to go round. */
const round = "round";

async function trackedSince(client: Client): Promise<string> {
  const found = await findObject(client, configmaps, "kube-system", trackingName);
  return found?.data?.["since"] ?? "";
}

export const legacyTokenCleaner: Controller = {
  name: "legacy-service-account-token-cleaner",
  workers: 1,
  watch({ informers, client, enqueue }) {
    const all = informers.of(secrets);
    const accounts = informers.of(serviceaccounts);
    const users = informers.of(pods);
    const isMounted = ({ metadata: { namespace, name } }: Secret): boolean =>
      users.list(namespace).some((pod) => referencesOf(pod).secrets.has(name));
    enqueue(round);
    return async (_, now) => {
      const around = {
        trackedSince: await trackedSince(client),
        account: (namespace: string, name: string) => accounts.get(namespace, name),
        isMounted,
      };
      return [requeueAfter(roundSeconds), ...reconcile(all.list(), around, now)];
    };
  },
};
