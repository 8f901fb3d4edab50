/** cluster-info carries, for each valid token, a signature by which a joining machine knows its cluster. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { fieldOf, secondsUntilExpiry } from "#controllers/bootstrap-tokens.ts";
import { type Effect, requeueAfter, update } from "#controllers/effects.ts";
import { type ConfigMap, configmaps, type Secret } from "#gen/api/core/v1.ts";
import { detachedSignature } from "./detached-signature.ts";

export const clusterInfo = { namespace: "kube-public", name: "cluster-info" } as const;
const signaturePrefix = "jws-kubeconfig-";

export function reconcile(
  configMap: ConfigMap,
  tokens: readonly Secret[],
  now: Date,
): readonly Effect[] {
  const content = configMap.data?.["kubeconfig"];
  if (content === undefined) return [];
  const kept = Object.entries(configMap.data ?? {}).filter(
    ([name]) => !name.startsWith(signaturePrefix),
  );
  const valid = tokens.filter((token) => isValid(token, now));
  const signatures = valid.map((token) => {
    const id = fieldOf(token, "token-id");
    return [signaturePrefix + id, detachedSignature(content, id, fieldOf(token, "token-secret"))];
  });
  const data = Object.fromEntries([...kept, ...signatures]);
  const waits = valid.map((token) => secondsUntilExpiry(token, now)).filter(Number.isFinite);
  const next = waits.length === 0 ? [] : [requeueAfter(Math.min(...waits, 24 * 3600))];
  return deepEqual(data, configMap.data)
    ? next
    : [update(configmaps, { ...configMap, data }), ...next];
}

function isValid(token: Secret, now: Date): boolean {
  const id = fieldOf(token, "token-id");
  return (
    token.metadata.name === `bootstrap-token-${id}` &&
    fieldOf(token, "token-secret") !== "" &&
    fieldOf(token, "usage-bootstrap-signing") === "true" &&
    secondsUntilExpiry(token, now) > 0
  );
}
