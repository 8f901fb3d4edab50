/** What a pod needs: claims made of its templates, their names in its status, and its place among their consumers. */
import { assert } from "#apimachinery/assert.ts";
import { isControlledBy } from "#apimachinery/controller-of.ts";
import { create, type Effect, event, patch, updateStatus } from "#controllers/effects.ts";
import { targetOf } from "#controllers/owner-references.ts";
import { type Pod, type PodResourceClaim, pods } from "#gen/api/core/v1.ts";
import {
  type ResourceClaim,
  type ResourceClaimTemplate,
  resourceclaims,
} from "#gen/api/resource/v1.ts";
import { resourceClaimNameOf } from "#resources/core/v1/pod-claims.ts";

/** Of a claim: which of its pod's claims it was made for. */
const madeFor = "resource.kubernetes.io/pod-claim-name";
/** Room for a hyphen and five random characters in 63. */
const baseMax = 57;

export interface PodSurroundings {
  claim(name: string): ResourceClaim | undefined;
  template(name: string): ResourceClaimTemplate | undefined;
  /** Claims that the pod owns. */
  readonly own: readonly ResourceClaim[];
}

function refusal(pod: Pod, claim: string, why: string): Effect {
  const message = `PodResourceClaim ${claim}: ${why}`;
  return event(pod, "Warning", "FailedResourceClaimCreation", message);
}

/** Cut from both names in proportion: the end of each says most. */
function generatedName(pod: string, claim: string): string {
  const whole = `${pod}-${claim}-`;
  if (whole.length <= baseMax) return whole;
  const cut = (part: string) => Math.floor((part.length * baseMax) / whole.length);
  const first = pod.slice(0, cut(pod));
  const base = `${first}-`;
  const room = Math.floor((claim.length * baseMax) / base.length);
  return base + claim.slice(0, room);
}

function claimOf(pod: Pod, name: string, { spec }: ResourceClaimTemplate): Effect {
  const { name: podName, uid = "", namespace = "" } = pod.metadata;
  const { annotations, labels } = spec.metadata ?? {};
  const owner = { apiVersion: "v1", kind: "Pod", name: podName, uid, controller: true };
  const draft = {
    metadata: {
      generateName: generatedName(podName, name),
      ownerReferences: [owner],
      annotations: { ...annotations, [madeFor]: name },
      labels,
    },
    spec: spec.spec ?? {},
    status: {},
  };
  const onRefusal = (why: string) => [refusal(pod, name, `create ResourceClaim : ${why}`)];
  return create(resourceclaims, namespace, draft, { onRefusal });
}

/** Makes what is missing, or, when all is there, writes its names into the pod's status. */
export function reconcilePod(pod: Pod, around: PodSurroundings): readonly Effect[] {
  if (pod.metadata.deletionTimestamp !== undefined) return [];
  const claims = pod.spec.resourceClaims ?? [];
  const creations: Effect[] = [];
  const names = new Map<string, string>();
  for (const one of claims) {
    const { name, resourceClaimTemplateName: templateName } = one;
    if (templateName === undefined || isThere(pod, one, around)) continue;
    const made = around.own.find(({ metadata }) => metadata.annotations?.[madeFor] === name);
    if (made !== undefined) {
      names.set(name, made.metadata.name);
      continue;
    }
    const template = around.template(templateName);
    // When the template comes, the pod is looked at again.
    if (template === undefined)
      return [
        refusal(
          pod,
          name,
          `resource claim template "${templateName}": resourceclaimtemplate.resource.k8s.io "${templateName}" not found`,
        ),
      ];
    creations.push(claimOf(pod, name, template));
  }
  if (creations.length > 0) return creations;
  return [...statusOf(pod, names), ...reservations(pod, around)];
}

/** Made, and still the pod's own; or found not to be needed. */
function isThere(pod: Pod, one: PodResourceClaim, { claim }: PodSurroundings): boolean {
  const name = resourceClaimNameOf(pod, one);
  if (name === null) return true;
  const found = name === undefined ? undefined : claim(name);
  return found !== undefined && isControlledBy(found, pod);
}

function statusOf(pod: Pod, names: ReadonlyMap<string, string>): Effect[] {
  if (names.size === 0) return [];
  const statuses = [...names].map(([name, resourceClaimName]) => ({ name, resourceClaimName }));
  const body = {
    metadata: { uid: pod.metadata.uid },
    status: { resourceClaimStatuses: statuses },
  };
  return [patch(pods, { ...targetOf(pod), subresource: "status" }, body)];
}

/** For pods that did not come by way of a scheduler; one that is to be placed is the scheduler's. */
function reservations(pod: Pod, { claim }: PodSurroundings): Effect[] {
  if (!pod.spec.nodeName) return [];
  return (pod.spec.resourceClaims ?? []).flatMap((one) => {
    const name = resourceClaimNameOf(pod, one);
    const found = name ? claim(name) : undefined;
    if (found?.status.allocation === undefined) return [];
    if (one.resourceClaimTemplateName !== undefined && !isControlledBy(found, pod)) return [];
    const reservedFor = found.status.reservedFor ?? [];
    const { name: podName, uid } = pod.metadata;
    assert(uid !== undefined, "a pod that was read has a uid");
    if (reservedFor.some((consumer) => consumer.uid === uid)) return [];
    const more = [...reservedFor, { resource: "pods", name: podName, uid }];
    return [
      updateStatus(resourceclaims, { ...found, status: { ...found.status, reservedFor: more } }),
    ];
  });
}
