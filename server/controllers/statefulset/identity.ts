/** What makes the pod of an ordinal that pod, whichever object carries it: name, labels, host name, claims. */
import { podFromTemplate } from "#controllers/pod-template.ts";
import { revisionLabel } from "#controllers/revisions.ts";
import type { ControllerRevision, StatefulSet } from "#gen/api/apps/v1.ts";
import type { PersistentVolumeClaim, Pod, PodTemplateSpec, Volume } from "#gen/api/core/v1.ts";
import type { Draft } from "#gen/api/meta/v1.ts";
import { firstOwners } from "./claims.ts";

/** undefined: a pod whose name is none of the set's. */
export function ordinalOf(set: StatefulSet, { metadata }: Pod): number | undefined {
  const start = `${set.metadata.name}-`;
  const rest = metadata.name.startsWith(start) ? metadata.name.slice(start.length) : "";
  return /^\d+$/.test(rest) ? Number(rest) : undefined;
}

/** The template that a revision keeps; undefined where it is none of ours. */
export function templateIn({ data }: ControllerRevision): PodTemplateSpec | undefined {
  const { spec } = data as { spec?: { template?: PodTemplateSpec & { $patch?: string } } };
  if (spec?.template === undefined) return undefined;
  const { $patch: _, ...template } = spec.template;
  return template;
}

export function claimsOf(set: StatefulSet, ordinal: number): Draft<PersistentVolumeClaim>[] {
  const owners = firstOwners(set);
  return (set.spec.volumeClaimTemplates ?? []).map(({ metadata, spec }) => ({
    metadata: {
      name: `${metadata.name}-${set.metadata.name}-${ordinal}`,
      labels: { ...metadata.labels, ...set.spec.selector.matchLabels },
      ...(metadata.annotations === undefined ? {} : { annotations: metadata.annotations }),
      ...(owners.length === 0 ? {} : { ownerReferences: [...owners] }),
    },
    spec,
  }));
}

export interface Version {
  /** Name of the revision. */
  readonly revision: string;
  readonly template: PodTemplateSpec;
}

export function podOf(
  set: StatefulSet,
  ordinal: number,
  { revision, template }: Version,
): Draft<Pod> {
  const { generateName: _, ...metadata } = podFromTemplate(template, set).metadata;
  const name = `${set.metadata.name}-${ordinal}`;
  const labels = {
    ...metadata.labels,
    "statefulset.kubernetes.io/pod-name": name,
    "apps.kubernetes.io/pod-index": `${ordinal}`,
    [revisionLabel]: revision,
  };
  const claimed = (set.spec.volumeClaimTemplates ?? []).map((claim): Volume => {
    const claimName = `${claim.metadata.name}-${name}`;
    return { name: claim.metadata.name, persistentVolumeClaim: { claimName, readOnly: false } };
  });
  const names = new Set(claimed.map((volume) => volume.name));
  const spec = template.spec ?? { containers: [] };
  const others = (spec.volumes ?? []).filter((volume) => !names.has(volume.name));
  const volumes = [...claimed, ...others];
  const { serviceName = "" } = set.spec;
  return {
    metadata: { ...metadata, name, labels },
    spec: {
      ...spec,
      hostname: name,
      ...(serviceName === "" ? {} : { subdomain: serviceName }),
      ...(volumes.length === 0 ? {} : { volumes }),
    },
  };
}
