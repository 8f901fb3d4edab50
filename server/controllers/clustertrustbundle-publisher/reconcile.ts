/** Who checks the API server's certificate finds its authority in a ClusterTrustBundle, one a content. */
import { createHash } from "node:crypto";
import { create, type Effect, remove, update } from "#controllers/effects.ts";
import { type ClusterTrustBundle, clustertrustbundles } from "#gen/api/certificates/v1.ts";

export const signerName = "kubernetes.io/kube-apiserver-serving";
/** Of the hash, as upstream shortens it. */
const hashBytes = 12;

function bundleName(trustBundle: string): string {
  const hash = createHash("sha256").update(trustBundle).digest().subarray(0, hashBytes);
  return `${signerName.replaceAll("/", ":")}:${hash.toString("hex")}`;
}

/** `known`: those of this signer. */
export function reconcile(
  known: readonly ClusterTrustBundle[],
  trustBundle: string,
): readonly Effect[] {
  const name = bundleName(trustBundle);
  const current = known.find(({ metadata }) => metadata.name === name);
  const spec = { signerName, trustBundle };
  const others = known.filter((bundle) => bundle !== current);
  const leaving = others.map((bundle) => remove(clustertrustbundles, bundle));
  if (current === undefined) {
    const made = create(
      clustertrustbundles,
      "",
      { metadata: { name }, spec },
      { existsIsFine: true },
    );
    return [made, ...leaving];
  }
  if (current.spec.trustBundle === trustBundle) return leaving;
  return [update(clustertrustbundles, { ...current, spec }), ...leaving];
}
