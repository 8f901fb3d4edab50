/** Wakes the controller of an object that changed; of an orphan, all that might adopt it. */

import { controllerOf } from "#apimachinery/controller-of.ts";
import { matches, type Selector } from "#apimachinery/labels.ts";
import type { ChangeHandler, Informer } from "#client/informer.ts";
import { keyOf, objectKey } from "#client/store.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";

export interface EnqueueOwnerOptions<Owner extends KubeObject> {
  /** Of the owners. */
  readonly kind: string;
  readonly owners: Informer<Owner>;
  selectorOf(owner: Owner): Selector;
  enqueue(key: string): void;
}

export function enqueueOwner<T extends KubeObject, Owner extends KubeObject>(
  options: EnqueueOwnerOptions<Owner>,
): ChangeHandler<T> {
  const { kind, owners, selectorOf, enqueue } = options;
  const wake = (object: T): void => {
    const { namespace = "", labels, deletionTimestamp } = object.metadata;
    const controller = controllerOf(object);
    if (controller !== undefined) {
      if (controller.kind === kind) enqueue(objectKey(namespace, controller.name));
      return;
    }
    if (deletionTimestamp !== undefined) return;
    for (const owner of owners.list(namespace)) {
      if (matches(selectorOf(owner), labels)) enqueue(keyOf(owner));
    }
  };
  return {
    added: wake,
    updated(old, object) {
      // It changed hands: the former owner must count anew.
      if (controllerOf(old)?.uid !== controllerOf(object)?.uid && controllerOf(old) !== undefined) {
        wake(old);
      }
      wake(object);
    },
    deleted: wake,
  };
}
