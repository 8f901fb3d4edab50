import type { Controller } from "#controllers/controller.ts";
import { type ConfigMap, configmaps, namespaces } from "#gen/api/core/v1.ts";
import { configMapName, reconcile } from "./reconcile.ts";

export function rootCaCertificatePublisher(rootCa: string): Controller {
  return {
    name: "root-ca-certificate-publisher",
    workers: 2,
    watch({ informers, enqueue }) {
      const all = informers.of(namespaces);
      const published = informers.of(configmaps);
      all.onChange({
        added: ({ metadata }) => enqueue(metadata.name),
        updated: (_, { metadata }) => enqueue(metadata.name),
      });
      const repair = ({ metadata }: ConfigMap): void => {
        if (metadata.name === configMapName) enqueue(metadata.namespace ?? "");
      };
      published.onChange({ updated: (_, object) => repair(object), deleted: repair });
      return (name) => {
        const namespace = all.get("", name);
        return reconcile({ namespace, configMap: published.get(name, configMapName) }, rootCa);
      };
    },
  };
}
