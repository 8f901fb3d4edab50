import { keyOf, splitKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import { podcertificaterequests } from "#gen/api/certificates/v1.ts";
import { reconcile } from "./reconcile.ts";

export const podCertificateRequestCleaner: Controller = {
  name: "podcertificaterequestcleaner",
  workers: 1,
  watch({ informers, enqueue }) {
    const all = informers.of(podcertificaterequests);
    all.onChange({ added: (request) => enqueue(keyOf(request)) });
    return (key, now) => {
      const { namespace, name } = splitKey(key);
      const request = all.get(namespace, name);
      return request === undefined ? [] : reconcile(request, now);
    };
  },
};
