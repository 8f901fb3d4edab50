/** Every living namespace has the cluster's CA in a ConfigMap, for pods that check the API server. */
import { create, type Effect, update } from "#controllers/effects.ts";
import { type ConfigMap, configmaps, type Namespace } from "#gen/api/core/v1.ts";

export const configMapName = "kube-root-ca.crt";
const description = {
  "kubernetes.io/description":
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.",
};

export interface Observed {
  readonly namespace: Namespace | undefined;
  readonly configMap: ConfigMap | undefined;
}

export function reconcile({ namespace, configMap }: Observed, rootCa: string): readonly Effect[] {
  if (namespace?.status.phase !== "Active") return [];
  const { name } = namespace.metadata;
  const data = { "ca.crt": rootCa };
  if (configMap === undefined) {
    const metadata = { name: configMapName, namespace: name, annotations: description };
    return [create(configmaps, name, { metadata, data }, { existsIsFine: true })];
  }
  const sole = Object.keys(configMap.data ?? {}).length === 1;
  if (sole && configMap.data?.["ca.crt"] === rootCa) return [];
  const annotations = { ...configMap.metadata.annotations, ...description };
  const metadata = { ...configMap.metadata, annotations };
  return [update(configmaps, { ...configMap, metadata, data })];
}
