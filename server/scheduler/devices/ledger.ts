/**
 * Which devices are taken: by claims as the API shows them, and by those that this scheduler has just allocated
 * and the API does not show yet.
 */
import {
  addQuantity,
  parseQuantity,
  type Quantity,
  subtractQuantity,
} from "#apimachinery/quantity.ts";
import type {
  AllocationResult,
  DeviceRequestAllocationResult,
  ResourceClaim,
} from "#gen/api/resource/v1.ts";
import { keyOfResult } from "./device-key.ts";

export type Capacities = Map<string, Quantity>;

/** Of a device that several claims may have. */
interface Shared {
  shares: number;
  readonly consumed: Capacities;
}

interface Entry {
  readonly allocation: AllocationResult | undefined;
  readonly pending: boolean;
}

export class DeviceLedger {
  readonly #claims = new Map<string, Entry>();
  readonly #dedicated = new Map<string, number>();
  readonly #shared = new Map<string, Shared>();

  /** As the API shows it. What is on its way there stays until it has arrived. */
  set({ metadata: { uid = "" }, status }: ResourceClaim): void {
    const known = this.#claims.get(uid);
    if (known?.pending === true && status?.allocation === undefined) return;
    this.#replace(uid, { allocation: status?.allocation, pending: false });
  }

  remove({ metadata: { uid = "" } }: ResourceClaim): void {
    this.#replace(uid, undefined);
  }

  /** Decided here, and about to be written. */
  assume(uid: string, allocation: AllocationResult): void {
    this.#replace(uid, { allocation, pending: true });
  }

  /** It was not written after all. */
  forget(uid: string): void {
    if (this.isPending(uid)) this.#replace(uid, undefined);
  }

  isPending(uid: string): boolean {
    return this.#claims.get(uid)?.pending ?? false;
  }

  /** By one claim alone. */
  isTaken(device: string): boolean {
    return this.#dedicated.has(device);
  }

  isShared(device: string): boolean {
    return this.#shared.has(device);
  }

  consumed(device: string): ReadonlyMap<string, Quantity> | undefined {
    return this.#shared.get(device)?.consumed;
  }

  #replace(uid: string, entry: Entry | undefined): void {
    const before = this.#claims.get(uid)?.allocation;
    if (before !== entry?.allocation) {
      for (const result of before?.devices?.results ?? []) this.#count(result, -1);
      for (const result of entry?.allocation?.devices?.results ?? []) this.#count(result, 1);
    }
    if (entry?.allocation === undefined) this.#claims.delete(uid);
    else this.#claims.set(uid, entry);
  }

  #count(result: DeviceRequestAllocationResult, sign: 1 | -1): void {
    // Who only looks at a device takes it from nobody.
    if (result.adminAccess === true) return;
    const key = keyOfResult(result);
    if (result.shareID === undefined) {
      const count = (this.#dedicated.get(key) ?? 0) + sign;
      if (count > 0) this.#dedicated.set(key, count);
      else this.#dedicated.delete(key);
      return;
    }
    const shared = this.#shared.get(key) ?? { shares: 0, consumed: new Map<string, Quantity>() };
    shared.shares += sign;
    for (const [name, text] of Object.entries(result.consumedCapacity ?? {}))
      addTo(shared.consumed, name, parseQuantity(String(text)), sign);
    if (shared.shares > 0) this.#shared.set(key, shared);
    else this.#shared.delete(key);
  }
}

export function addTo(to: Capacities, name: string, amount: Quantity, sign: 1 | -1): void {
  const zero: Quantity = { unscaled: 0n, scale: 0, format: amount.format };
  const known = to.get(name) ?? zero;
  to.set(name, sign > 0 ? addQuantity(known, amount) : subtractQuantity(known, amount));
}
