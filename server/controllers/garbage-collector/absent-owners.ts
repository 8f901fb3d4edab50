/**
 * References known to lead nowhere: name, kind and uid together, since a reference may be wrong in one of
 * them only. A uid never comes back, so that this needs no expiry, only a bound.
 */
import type { OwnerReference } from "#gen/api/meta/v1.ts";

const rememberedMax = 500;

export class AbsentOwners {
  readonly #keys = new Set<string>();

  has(namespace: string, reference: OwnerReference): boolean {
    return this.#keys.has(keyOf(namespace, reference));
  }

  add(namespace: string, reference: OwnerReference): void {
    this.#keys.add(keyOf(namespace, reference));
    if (this.#keys.size <= rememberedMax) return;
    for (const oldest of this.#keys) {
      this.#keys.delete(oldest);
      return;
    }
  }
}

function keyOf(namespace: string, { apiVersion, kind, name, uid }: OwnerReference): string {
  return [namespace, apiVersion, kind, name, uid].join(" ");
}
