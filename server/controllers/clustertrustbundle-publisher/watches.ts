import type { Controller } from "#controllers/controller.ts";
import { type ClusterTrustBundle, clustertrustbundles } from "#gen/api/certificates/v1.ts";
import { reconcile, signerName } from "./reconcile.ts";

/** There is one thing to look at. */
const key = "bundle";

export function clusterTrustBundlePublisher(rootCa: string): Controller {
  return {
    name: "kube-apiserver-serving-clustertrustbundle-publisher",
    workers: 1,
    watch({ informers, enqueue }) {
      const all = informers.of(clustertrustbundles);
      const isOurs = ({ spec }: ClusterTrustBundle): boolean => spec.signerName === signerName;
      const look = (bundle: ClusterTrustBundle): void => {
        if (isOurs(bundle)) enqueue(key);
      };
      all.onChange({ added: look, updated: (_, bundle) => look(bundle), deleted: look });
      enqueue(key);
      return () => reconcile(all.list().filter(isOurs), rootCa);
    },
  };
}
