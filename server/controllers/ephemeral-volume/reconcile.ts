/** A pod that brings the templates of its volumes gets a claim for each; they go when it goes. */
import { create, type Effect, event, requeueAfter } from "#controllers/effects.ts";
import { controllerReference } from "#controllers/owner-references.ts";
import { type PersistentVolumeClaim, type Pod, persistentvolumeclaims } from "#gen/api/core/v1.ts";
import { ephemeralClaimName, isOwnClaim } from "#resources/core/v1/pod-claims.ts";

/** How often a name that somebody else has is looked at again. */
const takenSeconds = 30;

export function reconcile(
  pod: Pod,
  claimOf: (name: string) => PersistentVolumeClaim | undefined,
): readonly Effect[] {
  if (pod.metadata.deletionTimestamp !== undefined) return [];
  const { namespace = "" } = pod.metadata;
  return (pod.spec.volumes ?? []).flatMap((volume): readonly Effect[] => {
    const template = volume.ephemeral?.volumeClaimTemplate;
    if (template === undefined) return [];
    const name = ephemeralClaimName(pod, volume);
    const known = claimOf(name);
    if (known !== undefined) {
      if (isOwnClaim(pod, known)) return [];
      const why = `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`;
      const message = `ephemeral volume ${volume.name}: ${why}`;
      return [event(pod, "Warning", "FailedBinding", message), requeueAfter(takenSeconds)];
    }
    const { labels, annotations } = template.metadata ?? {};
    const ownerReferences = [controllerReference(pod)];
    const metadata = { name, labels, annotations, ownerReferences };
    const draft = { metadata, spec: template.spec };
    return [create(persistentvolumeclaims, namespace, draft, { existsIsFine: true })];
  });
}
