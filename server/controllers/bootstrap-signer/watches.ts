import { isBootstrapToken, tokenNamespace } from "#controllers/bootstrap-tokens.ts";
import type { Controller } from "#controllers/controller.ts";
import { type ConfigMap, configmaps, type Secret, secrets } from "#gen/api/core/v1.ts";
import { clusterInfo, reconcile } from "./reconcile.ts";

const key = `${clusterInfo.namespace}/${clusterInfo.name}`;
const bootstrapTokens = "bootstrap-tokens";

export const bootstrapSigner: Controller = {
  name: "bootstrap-signer",
  workers: 1,
  watch({ informers, enqueue }) {
    const tokens = informers.of(secrets, {
      [bootstrapTokens]: (secret) => (isBootstrapToken(secret) ? [tokenNamespace] : []),
    });
    const maps = informers.of(configmaps);
    const onToken = (secret: Secret): void => {
      if (isBootstrapToken(secret)) enqueue(key);
    };
    const onMap = ({ metadata }: ConfigMap): void => {
      const { namespace, name } = clusterInfo;
      if (metadata.namespace === namespace && metadata.name === name) enqueue(key);
    };
    tokens.onChange({ added: onToken, updated: (_, secret) => onToken(secret), deleted: onToken });
    maps.onChange({ added: onMap, updated: (_, map) => onMap(map) });
    return (_, now) => {
      const map = maps.get(clusterInfo.namespace, clusterInfo.name);
      if (map === undefined) return [];
      return reconcile(map, tokens.byIndex(bootstrapTokens, tokenNamespace), now);
    };
  },
};
