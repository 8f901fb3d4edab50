/**
 * DynamicResources, as far as it goes here: a pod goes where the devices of its claims are once somebody allocated
 * them, and the claims are reserved for it before it is bound. Devices are not allocated: that needs the
 * selectors of their classes, which are CEL. A pod that would need it waits and is told so.
 */
import { isReason } from "#apimachinery/status.ts";
import type { Client } from "#client/client.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import { type ResourceClaim, resourceclaims } from "#gen/api/resource/v1.ts";
import { V_DEVICE, V_UNRESOLVABLE } from "#gen/scheduler-abi.ts";
import { matchesSelector } from "./node-match.ts";
import type { NodeTable } from "./node-table.ts";

export type ClaimLookup = (namespace: string, name: string) => ResourceClaim | undefined;

export interface DeviceLists {
  /** [set that the node must be in, verdict where it is not]. */
  readonly sets: readonly (readonly [set: number, verdict: number])[];
  /** Why no node can take the pod. */
  readonly refusal: string | undefined;
}

/** Upstream's ResourceClaimReservedForMaxSize. */
const reservedMax = 256;
const tries = 5;

/** Names of the pod's claims; undefined: not made of its template yet. */
function claimNames({ spec, status }: Pod): (string | undefined)[] {
  return (spec.resourceClaims ?? []).flatMap(({ name, resourceClaimName }) => {
    if (resourceClaimName !== undefined) return [resourceClaimName];
    const made = status?.resourceClaimStatuses?.find((one) => one.name === name);
    // One that says nothing was found not to be needed.
    return made !== undefined && made.resourceClaimName === undefined
      ? []
      : [made?.resourceClaimName];
  });
}

function isReservedFor({ status }: ResourceClaim, pod: Pod): boolean {
  return status.reservedFor?.some(({ uid }) => uid === pod.metadata.uid) ?? false;
}

function refusalOf(name: string, claim: ResourceClaim | undefined, pod: Pod): string | undefined {
  if (claim === undefined) return `resourceclaim "${name}" not found`;
  if (claim.metadata.deletionTimestamp !== undefined)
    return `resourceclaim "${name}" is being deleted`;
  if (claim.status?.allocation === undefined)
    return `resourceclaim "${name}" has no devices yet: allocating them needs CEL selectors, which are not evaluated here`;
  const full = (claim.status.reservedFor?.length ?? 0) >= reservedMax;
  return full && !isReservedFor(claim, pod) ? `resourceclaim "${name}" is in use` : undefined;
}

/** What the pod's claims ask of nodes. */
export function deviceLists(pod: Pod, lookup: ClaimLookup, nodes: NodeTable): DeviceLists {
  const sets: [number, number][] = [];
  let refusal: string | undefined;
  for (const name of claimNames(pod)) {
    if (name === undefined) {
      refusal ??= "waiting for dynamic resource controller to create the resourceclaim";
      continue;
    }
    const claim = lookup(pod.metadata.namespace ?? "", name);
    refusal ??= refusalOf(name, claim, pod);
    const selector = claim?.status?.allocation?.nodeSelector;
    if (selector === undefined) continue;
    const set = nodes.setId(`devices ${JSON.stringify(selector)}`, (node) =>
      matchesSelector(selector, node),
    );
    sets.push([set, V_DEVICE | V_UNRESOLVABLE]);
  }
  return { sets, refusal };
}

/** Every claim of the pod says that the pod uses it. Rejects when one is gone or has lost its devices. */
export async function reserveClaims(client: Client, pod: Pod): Promise<void> {
  for (const name of claimNames(pod)) if (name !== undefined) await reserve(client, pod, name);
}

async function reserve(client: Client, pod: Pod, name: string): Promise<void> {
  const { namespace = "", name: podName, uid = "" } = pod.metadata;
  for (let left = tries; ; left--) {
    const claim = await client.get(resourceclaims, namespace, name);
    if (claim.status?.allocation === undefined) throw new Error(`claim ${name} has no devices`);
    if (isReservedFor(claim, pod)) return;
    const consumer = { resource: "pods", name: podName, uid };
    const reservedFor = [...(claim.status.reservedFor ?? []), consumer];
    try {
      await client.updateStatus(resourceclaims, {
        ...claim,
        status: { ...claim.status, reservedFor },
      });
      return;
    } catch (error) {
      if (left === 0 || !isReason(error, "Conflict")) throw error;
    }
  }
}
