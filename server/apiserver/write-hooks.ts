/**
 * What a resource holds beside its object, as a service its addresses: claimed before the write, given
 * back when the write fails, let go when the object goes.
 */
import { isReason } from "#apimachinery/status.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";

/**
 * What was claimed for one write. At most one of the two is called: none when the write's outcome is
 * unknown (Timeout), since it may stand.
 */
export interface Allocation {
  /** The write stands: lets go of what only the old object held. */
  written(): Promise<void>;
  /** The write failed: gives back what was claimed for it. */
  failed(): Promise<void>;
}

export interface WriteHook {
  /** Fills `object` in place, on create (`old` undefined) and update. Throws ApiError; nothing is held then. */
  allocate(
    object: KubeObject,
    old: KubeObject | undefined,
    options: { readonly dryRun: boolean },
  ): Promise<Allocation>;
  /** After the object is gone. */
  release(object: KubeObject): Promise<void>;
}

/** By `group/resource`, as stored. */
export type WriteHooks = ReadonlyMap<string, WriteHook>;

export function hookOf(hooks: WriteHooks | undefined, ref: ResourceRef): WriteHook | undefined {
  return hooks?.get(`${ref.group}/${ref.plural}`);
}

/** Claims, writes, and settles the claim by what `stands` says of the outcome. */
export async function withAllocation<T>(
  hook: WriteHook | undefined,
  asked: {
    readonly object: KubeObject;
    readonly old: KubeObject | undefined;
    readonly dryRun: boolean;
  },
  write: () => Promise<T>,
  stands: (outcome: T) => boolean,
): Promise<T> {
  if (hook === undefined) return write();
  const { object, old, dryRun } = asked;
  const allocation = await hook.allocate(object, old, { dryRun });
  let outcome: T;
  try {
    outcome = await write();
  } catch (error) {
    if (!isReason(error, "Timeout")) await allocation.failed();
    throw error;
  }
  await (stands(outcome) ? allocation.written() : allocation.failed());
  return outcome;
}
