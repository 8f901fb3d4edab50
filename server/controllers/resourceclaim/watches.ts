import { controllerOf } from "#apimachinery/controller-of.ts";
import { findObject } from "#client/find-object.ts";
import { keyOf, objectKey, splitKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import { byController, controllerValues } from "#controllers/owner-references.ts";
import { type Pod, pods } from "#gen/api/core/v1.ts";
import {
  type ResourceClaim,
  type ResourceClaimConsumerReference,
  resourceclaims,
  resourceclaimtemplates,
} from "#gen/api/resource/v1.ts";
import { deviceClaimNamesOf, resourceClaimNamesOf } from "#resources/core/v1/pod-claims.ts";
import { frees, isDone, isPodReference, reconcileClaim } from "./claim.ts";
import { reconcilePod } from "./pod.ts";

const podPrefix = "pod:";
const claimPrefix = "claim:";
const byTemplate = "resource-claim-template";
const byClaim = "resource-claim";

function templatesOf({ metadata, spec }: Pod): readonly string[] {
  return (spec.resourceClaims ?? []).flatMap(({ resourceClaimTemplateName: name }) =>
    name === undefined ? [] : [objectKey(metadata.namespace ?? "", name)],
  );
}

function claimsOf(pod: Pod): readonly string[] {
  return deviceClaimNamesOf(pod).map((name) => objectKey(pod.metadata.namespace ?? "", name));
}

export const resourceClaim: Controller = {
  name: "resource-claim-controller",
  workers: 10,
  watch({ informers, enqueue, client }) {
    const claims = informers.of(resourceclaims, { [byController]: controllerValues });
    const templates = informers.of(resourceclaimtemplates);
    const users = informers.of(pods, { [byTemplate]: templatesOf, [byClaim]: claimsOf });
    /** Claims of which the devices were taken and the finalizer still stands. */
    const freed = new Set<string>();
    const lookAtClaim = (key: string): void => enqueue(claimPrefix + key);
    const lookAtPod = (pod: Pod): void => enqueue(podPrefix + keyOf(pod));
    const podChanged = (pod: Pod): void => {
      if (isDone(pod)) claimsOf(pod).forEach(lookAtClaim);
      else if ((pod.spec.resourceClaims ?? []).length > 0) lookAtPod(pod);
    };
    users.onChange({
      added: podChanged,
      updated: (_, pod) => podChanged(pod),
      deleted: (pod) => claimsOf(pod).forEach(lookAtClaim),
    });
    const claimChanged = (claim: ResourceClaim): void => {
      const key = keyOf(claim);
      lookAtClaim(key);
      for (const pod of users.byIndex(byClaim, key)) lookAtPod(pod);
      const owner = controllerOf(claim);
      if (owner?.kind === "Pod")
        enqueue(podPrefix + objectKey(claim.metadata.namespace ?? "", owner.name));
    };
    claims.onChange({
      added: claimChanged,
      updated: (_, claim) => claimChanged(claim),
      deleted(claim) {
        freed.delete(claim.metadata.uid ?? "");
        claimChanged(claim);
      },
    });
    templates.onChange({
      added: (template) => users.byIndex(byTemplate, keyOf(template)).forEach(lookAtPod),
    });

    const syncPod = async (namespace: string, name: string) => {
      const pod = users.get(namespace, name);
      if (pod === undefined) return [];
      // A pod may be seen before what its status names.
      const found = new Map<string, ResourceClaim>();
      for (const one of resourceClaimNamesOf(pod)) {
        const claim =
          claims.get(namespace, one) ?? (await findObject(client, resourceclaims, namespace, one));
        if (claim !== undefined) found.set(one, claim);
      }
      return reconcilePod(pod, {
        claim: (one) => found.get(one),
        template: (one) => templates.get(namespace, one),
        own: claims.byIndex(byController, pod.metadata.uid ?? ""),
      });
    };
    const uses = async (namespace: string, { name, uid }: ResourceClaimConsumerReference) => {
      // Not seen yet is not gone: the scheduler may be faster than our watch.
      const pod = users.get(namespace, name) ?? (await findObject(client, pods, namespace, name));
      return pod !== undefined && pod.metadata.uid === uid && !isDone(pod);
    };
    const syncClaim = async (namespace: string, name: string) => {
      const claim = claims.get(namespace, name);
      if (claim === undefined) return [];
      const consumers = new Set<string>();
      for (const one of claim.status?.reservedFor ?? [])
        if (isPodReference(one) && (await uses(namespace, one))) consumers.add(one.uid);
      const uid = claim.metadata.uid ?? "";
      const effects = reconcileClaim(claim, {
        isConsumer: (one) => consumers.has(one.uid),
        pod: (one) => users.get(namespace, one),
        freed: freed.has(uid),
      });
      if (frees(effects)) freed.add(uid);
      else freed.delete(uid);
      return effects;
    };
    return (key) => {
      const isPod = key.startsWith(podPrefix);
      const { namespace, name } = splitKey(key.slice((isPod ? podPrefix : claimPrefix).length));
      return isPod ? syncPod(namespace, name) : syncClaim(namespace, name);
    };
  },
};
