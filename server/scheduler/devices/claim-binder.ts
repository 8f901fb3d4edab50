/**
 * From the choice of a node to the binding: the devices are noted at once, then written into the claims with the pod
 * as their consumer, and given back when the pod is not bound after all.
 */
import { isReason } from "#apimachinery/status.ts";
import { formatTime } from "#apimachinery/time.ts";
import type { Client } from "#client/client.ts";
import type { Clock } from "#client/clock.ts";
import type { EventRecorder } from "#client/event-recorder.ts";
import { type Pod, pods } from "#gen/api/core/v1.ts";
import { type AllocationResult, type ResourceClaim, resourceclaims } from "#gen/api/resource/v1.ts";
import type { Logger } from "#telemetry/log.ts";
import { needsConditions, readinessOf } from "./binding-conditions.ts";
import type { ExtendedNeed } from "./extended-needs.ts";
import type { DeviceLedger } from "./ledger.ts";
import type { DevicePlan } from "./plan.ts";
import { type ClaimLookup, isReservedFor } from "./pod-claims.ts";

/** Holds a claim whose devices are allocated. */
const finalizer = "resource.kubernetes.io/delete-protection";
const strategicMerge = "application/strategic-merge-patch+json";
const tries = 5;
/** Milliseconds between two looks at what drivers say. */
const lookEvery = 500;

interface Parts {
  readonly client: Client;
  readonly clock: Clock;
  readonly events: EventRecorder;
  readonly logger: Logger;
  readonly ledger: DeviceLedger;
  readonly claim: ClaimLookup;
  readonly signal: AbortSignal;
}

interface Reserved {
  readonly plan: DevicePlan;
  /** By the claim's uid. */
  readonly allocations: ReadonlyMap<string, AllocationResult>;
  /** Claims that were written. */
  readonly written: ResourceClaim[];
  /** For resources that devices serve on this node. */
  readonly extended: ExtendedNeed | undefined;
  /** That claim, made. */
  made: ResourceClaim | undefined;
}

export class ClaimBinder {
  readonly #parts: Parts;
  readonly #reserved = new Map<string, Reserved>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Were devices reserved for it that it has not been bound with yet? */
  holds({ metadata }: Pod): boolean {
    return this.#reserved.has(metadata.uid ?? "");
  }

  /** The devices that the claims get on this node are taken from now on. */
  reserve({ metadata }: Pod, plan: DevicePlan, nodeName: string): void {
    const results = plan.results.get(nodeName) ?? [];
    const allocations = new Map<string, AllocationResult>();
    const extended = plan.extended.get(nodeName);
    const open = extended === undefined ? plan.open : [...plan.open, extended.claim];
    for (const [index, claim] of open.entries()) {
      const allocation = results[index];
      const { uid = "" } = claim.metadata;
      if (allocation === undefined) continue;
      allocations.set(uid, allocation);
      this.#parts.ledger.assume(uid, allocation);
    }
    const reserved = { plan, allocations, written: [], extended, made: undefined };
    this.#reserved.set(metadata.uid ?? "", reserved);
  }

  /** Rejects when a claim is gone, was changed by somebody else, or its devices do not become ready. */
  async bind(pod: Pod, nodeName: string): Promise<void> {
    const reserved = this.#reserved.get(pod.metadata.uid ?? "");
    if (reserved === undefined) return;
    for (const claim of reserved.plan.claims) {
      const allocation = reserved.allocations.get(claim.metadata.uid ?? "");
      reserved.written.push(await this.#write(pod, claim, allocation));
    }
    const { extended } = reserved;
    const made = extended && (await this.#bindExtended(pod, extended, reserved));
    const waited = made === undefined ? reserved.written : [...reserved.written, made];
    await this.#conditions(pod, nodeName, waited);
    this.#reserved.delete(pod.metadata.uid ?? "");
  }

  /** The pod is not bound after all. What cannot be written is seen to when the pod is tried again. */
  release(pod: Pod): Promise<void> {
    return this.#release(pod).catch((error: unknown) => {
      if (!isReason(error, "NotFound"))
        this.#parts.logger.warn("claims not given back", { error: String(error) });
    });
  }

  /** The claim for the pod's resources is made, gets its devices, and the pod is told of it. */
  async #bindExtended(
    pod: Pod,
    { claim, mappings }: ExtendedNeed,
    reserved: Reserved,
  ): Promise<ResourceClaim | undefined> {
    const { client, ledger } = this.#parts;
    const { uid: promised = "", ...metadata } = claim.metadata;
    const allocation = reserved.allocations.get(promised);
    if (allocation === undefined) return undefined;
    const { namespace = "", name, uid } = pod.metadata;
    const made = await client.create(resourceclaims, namespace, {
      ...claim,
      metadata: { ...metadata, name: "" },
    });
    reserved.made = made;
    ledger.assume(made.metadata.uid ?? "", allocation);
    ledger.forget(promised);
    const bound = await this.#write(pod, made, allocation);
    const told = { requestMappings: mappings, resourceClaimName: made.metadata.name };
    const target = { namespace, name, subresource: "status" };
    await client.patch(pods, target, strategicMerge, {
      metadata: { uid },
      status: { extendedResourceClaimStatus: told },
    });
    return bound;
  }

  /** Does what may let a refused pod in: an unused claim is allocated anew, one left behind goes. Never rejects. */
  async unblock({ idle: [idle], stale }: DevicePlan): Promise<void> {
    try {
      if (stale !== undefined) await this.#remove(stale);
      else if (idle !== undefined) await this.#deallocate(idle);
    } catch (error) {
      this.#parts.logger.warn("claim not given back", { error: String(error) });
    }
  }

  async #remove({ metadata }: ResourceClaim): Promise<void> {
    const { client } = this.#parts;
    const { namespace = "", name, uid } = metadata;
    await client.patch(resourceclaims, { namespace, name }, strategicMerge, {
      metadata: { uid, "$deleteFromPrimitiveList/finalizers": [finalizer] },
    });
    await client.delete(resourceclaims, namespace, name, { uid });
  }

  async #deallocate(claim: ResourceClaim): Promise<void> {
    const { allocation: _, devices: __, reservedFor: ___, ...status } = claim.status;
    await this.#parts.client.updateStatus(resourceclaims, { ...claim, status });
  }

  async #release(pod: Pod): Promise<void> {
    const { uid = "" } = pod.metadata;
    const reserved = this.#reserved.get(uid);
    this.#reserved.delete(uid);
    if (reserved === undefined) return;
    for (const claim of reserved.allocations.keys()) this.#parts.ledger.forget(claim);
    for (const { metadata } of reserved.written) {
      const { namespace = "", name } = metadata;
      const target = { namespace, name, subresource: "status" };
      await this.#parts.client.patch(resourceclaims, target, strategicMerge, {
        metadata: { uid: metadata.uid },
        status: { reservedFor: [{ $patch: "delete", uid }] },
      });
    }
    const { made } = reserved;
    if (made === undefined) return;
    this.#parts.ledger.forget(made.metadata.uid ?? "");
    await this.#remove(made);
  }

  async #write(
    pod: Pod,
    claim: ResourceClaim,
    allocation: AllocationResult | undefined,
  ): Promise<ResourceClaim> {
    if (isReservedFor(claim, pod)) return claim;
    let current = claim;
    for (let left = tries; ; left--) {
      try {
        return await this.#tryToWrite(pod, current, allocation);
      } catch (error) {
        if (left === 0 || !isReason(error, "Conflict")) throw error;
        const { namespace = "", name } = claim.metadata;
        current = await this.#parts.client.get(resourceclaims, namespace, name);
      }
    }
  }

  async #tryToWrite(
    pod: Pod,
    claim: ResourceClaim,
    allocation: AllocationResult | undefined,
  ): Promise<ResourceClaim> {
    const { client, clock } = this.#parts;
    const { name, namespace, finalizers = [], deletionTimestamp } = claim.metadata;
    const shown = `${namespace}/${name}`;
    if (deletionTimestamp !== undefined)
      throw new Error(`claim ${shown} got deleted in the meantime`);
    let current = claim;
    if (allocation !== undefined) {
      if (claim.status.allocation !== undefined)
        throw new Error(`claim ${shown} got allocated elsewhere in the meantime`);
      if (!finalizers.includes(finalizer))
        current = await client.update(resourceclaims, {
          ...claim,
          metadata: { ...claim.metadata, finalizers: [...finalizers, finalizer] },
        });
    }
    const devices = allocation ?? current.status.allocation;
    if (devices === undefined)
      throw new Error(`claim ${shown} got deallocated elsewhere in the meantime`);
    const consumer = { resource: "pods", name: pod.metadata.name, uid: pod.metadata.uid ?? "" };
    const reservedFor = [...(current.status.reservedFor ?? []), consumer];
    const allocationTimestamp = devices.allocationTimestamp ?? formatTime(clock.now());
    return client.updateStatus(resourceclaims, {
      ...current,
      status: { ...current.status, allocation: { ...devices, allocationTimestamp }, reservedFor },
    });
  }

  async #conditions(pod: Pod, nodeName: string, written: readonly ResourceClaim[]): Promise<void> {
    const waited = written.filter(needsConditions);
    if (waited.length === 0) return;
    const { events, clock, claim: lookup, signal } = this.#parts;
    const message = `waiting for binding conditions for device on node ${nodeName}`;
    events.event(pod, "Normal", "BindingConditionsPending", message);
    for (;;) {
      const states = waited.map((one) => {
        const { namespace = "", name } = one.metadata;
        return readinessOf(lookup(namespace, name) ?? one, clock.now());
      });
      if (states.includes("failed")) throw new Error("device binding failed");
      if (!states.includes("waiting")) return;
      await new Promise<void>((resolve) => {
        clock.after(lookEvery, resolve);
      });
      signal.throwIfAborted();
    }
  }
}
