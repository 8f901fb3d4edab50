/** ClusterTrustBundles in projected volumes: the anchors of one bundle, or of all that a signer's labels select. */
import { formatSelector, selectorFromLabelSelector } from "#apimachinery/labels.ts";
import type { Client } from "#client/client.ts";
import { findObject } from "#client/find-object.ts";
import { clustertrustbundles } from "#gen/api/certificates/v1.ts";
import type { ClusterTrustBundleProjection } from "#gen/api/core/v1.ts";
import { ConfigError } from "#kubelet/downward.ts";

const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Every certificate once, nothing between them; in the order of their text, which says nothing. */
export function mergedBundle(bundles: readonly string[]): string {
  const blocks = bundles
    .flatMap((bundle) => bundle.match(certificate) ?? [])
    .map((block) => `${block.replaceAll(/\r/g, "")}\n`);
  return [...new Set(blocks)].sort().join("");
}

async function bundlesOf(
  client: Client,
  source: ClusterTrustBundleProjection,
): Promise<readonly string[]> {
  const { name, signerName = "", labelSelector } = source;
  if (name !== undefined && name !== "") {
    const found = await findObject(client, clustertrustbundles, "", name);
    return found === undefined ? [] : [found.spec.trustBundle];
  }
  // No selector selects nothing, an empty one everything of the signer.
  if (labelSelector === undefined) return [];
  const { items } = await client.list(clustertrustbundles, {
    fieldSelector: `spec.signerName=${signerName}`,
    labelSelector: formatSelector(selectorFromLabelSelector(labelSelector)),
  });
  return items.map(({ spec }) => spec.trustBundle);
}

/** The text of the file. Throws ConfigError when there is none and it is not optional. */
export async function trustAnchors(
  client: Client,
  source: ClusterTrustBundleProjection,
): Promise<string> {
  const bundles = await bundlesOf(client, source);
  if (bundles.length > 0 || source.optional === true) return mergedBundle(bundles);
  const { name, signerName } = source;
  throw new ConfigError(
    name === undefined || name === ""
      ? `combination of signerName ${signerName} and labelSelector matched zero ClusterTrustBundles`
      : `clustertrustbundle "${name}" not found`,
  );
}
