import { type ClusterTrustBundle, clustertrustbundles } from "#gen/api/certificates/v1.ts";
import { orNone } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const clusterTrustBundleResource = defineResource<ClusterTrustBundle>({
  ref: clustertrustbundles,
  hasGeneration: false,
  allowUnconditionalUpdate: false,
  cells: ({ metadata, spec }) => [metadata.name, orNone(spec.signerName)],
});
