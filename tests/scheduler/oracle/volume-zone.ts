import type { Filter } from "./cluster.ts";
import { claimsOf, isBound, noStorage, volumeOf, zoneKeys } from "./storage.ts";

export const volumeZone: Filter = (pod, { node }, { storage = noStorage }) => {
  const labels = node.metadata.labels ?? {};
  if (!zoneKeys.some((key) => labels[key] !== undefined)) return undefined;
  for (const claim of claimsOf(pod, storage)) {
    const volume = isBound(claim) ? volumeOf(claim, storage) : undefined;
    for (const key of zoneKeys) {
      const zones = volume?.metadata.labels?.[key]?.split("__");
      const here = labels[key] ?? labels[key.replace("failure-domain.beta", "topology")];
      if (zones !== undefined && (here === undefined || !zones.includes(here)))
        return { reasons: ["node(s) had no available volume zone"], unresolvable: true };
    }
  }
  return undefined;
};
