/** Everything that a controller may do to the world, as data. */
import type { ListOptions, PatchType } from "#client/client.ts";
import type { ObjectReference } from "#gen/api/core/v1.ts";
import type { Draft, KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";

export type PropagationPolicy = "Background" | "Foreground" | "Orphan";

/** Says in an event on `about` how the write went: `SuccessfulCreate: Created pod: web-1`. */
export interface Announcement {
  readonly about: KubeObject;
  /** `pod`, as the sentence names what was written. */
  readonly noun: string;
}

export interface Target {
  readonly namespace: string;
  readonly name: string;
  readonly subresource?: string;
}

export type Effect =
  | {
      readonly effect: "create";
      readonly ref: ResourceRef;
      readonly namespace: string;
      readonly object: Draft<KubeObject>;
      /** Another made it first: that is as good. */
      readonly existsIsFine: boolean;
      /** What is done, before the reconcile counts as failed, when it was refused. */
      readonly onRefusal: ((why: string) => readonly Effect[]) | undefined;
    }
  | {
      /** In batches of 1, 2, 4 ...: when a quota refuses the first, the others are not tried. */
      readonly effect: "createMany";
      readonly ref: ResourceRef;
      readonly namespace: string;
      readonly objects: readonly Draft<KubeObject>[];
      readonly announce: Announcement;
      /** What is done, before the reconcile counts as failed, when one was refused. */
      readonly onRefusal: ((why: string) => readonly Effect[]) | undefined;
    }
  | {
      readonly effect: "update";
      readonly ref: ResourceRef;
      readonly object: KubeObject;
      readonly subresource: "" | "status" | "finalize" | "approval";
    }
  | {
      readonly effect: "patch";
      readonly ref: ResourceRef;
      readonly target: Target;
      readonly type: PatchType;
      readonly body: unknown;
    }
  | {
      /** Server-side, by force, as the field manager that it names. */
      readonly effect: "apply";
      readonly ref: ResourceRef;
      readonly target: Target;
      readonly manager: string;
      readonly fields: object;
    }
  | {
      readonly effect: "delete";
      readonly ref: ResourceRef;
      readonly object: KubeObject;
      readonly propagationPolicy: PropagationPolicy | undefined;
      readonly gracePeriodSeconds: number | undefined;
      /** Only this very state of it. */
      readonly exactVersion: boolean;
      readonly announce: Announcement | undefined;
    }
  | {
      readonly effect: "deleteCollection";
      readonly ref: ResourceRef;
      readonly options: ListOptions;
    }
  | {
      readonly effect: "event";
      readonly about: KubeObject | ObjectReference;
      readonly type: "Normal" | "Warning";
      readonly reason: string;
      readonly message: string;
    }
  | { readonly effect: "requeueAfter"; readonly seconds: number };

export function create<T extends KubeObject>(
  ref: ResourceRef<T>,
  namespace: string,
  object: Draft<T>,
  options: {
    readonly existsIsFine?: boolean;
    readonly onRefusal?: (why: string) => readonly Effect[];
  } = {},
): Effect {
  const { existsIsFine = false, onRefusal } = options;
  return { effect: "create", ref, namespace, object, existsIsFine, onRefusal };
}

export function createMany<T extends KubeObject>(
  ref: ResourceRef<T>,
  namespace: string,
  objects: readonly Draft<T>[],
  options: {
    readonly announce: Announcement;
    readonly onRefusal?: (why: string) => readonly Effect[];
  },
): Effect {
  const { announce, onRefusal } = options;
  return { effect: "createMany", ref, namespace, objects, announce, onRefusal };
}

export function update<T extends KubeObject>(ref: ResourceRef<T>, object: T): Effect {
  return { effect: "update", ref, object, subresource: "" };
}

export function updateStatus<T extends KubeObject>(ref: ResourceRef<T>, object: T): Effect {
  return { effect: "update", ref, object, subresource: "status" };
}

export function updateSubresource<T extends KubeObject>(
  ref: ResourceRef<T>,
  subresource: "finalize" | "approval",
  object: T,
): Effect {
  return { effect: "update", ref, object, subresource };
}

export function patch(
  ref: ResourceRef,
  target: Target,
  body: unknown,
  type: PatchType = "application/strategic-merge-patch+json",
): Effect {
  return { effect: "patch", ref, target, type, body };
}

/** `fields`: all that the manager wants to have said; the target's name need not be among them. */
export function apply(ref: ResourceRef, target: Target, manager: string, fields: object): Effect {
  return { effect: "apply", ref, target, manager, fields };
}

export interface RemoveOptions {
  readonly propagationPolicy?: PropagationPolicy | undefined;
  readonly gracePeriodSeconds?: number | undefined;
  readonly exactVersion?: boolean;
  readonly announce?: Announcement | undefined;
}

/** Deletes this very object: one of the same name with another uid is left alone. */
export function remove<T extends KubeObject>(
  ref: ResourceRef<T>,
  object: T,
  options: RemoveOptions = {},
): Effect {
  const { propagationPolicy, gracePeriodSeconds, exactVersion = false, announce } = options;
  const wanted = { propagationPolicy, gracePeriodSeconds, exactVersion, announce };
  return { effect: "delete", ref, object, ...wanted };
}

export function event(
  about: KubeObject | ObjectReference,
  type: "Normal" | "Warning",
  reason: string,
  message: string,
): Effect {
  return { effect: "event", about, type, reason, message };
}

export function requeueAfter(seconds: number): Effect {
  return { effect: "requeueAfter", seconds };
}

/** Every object of a resource that the options select. */
export function deleteCollection(ref: ResourceRef, options: ListOptions): Effect {
  return { effect: "deleteCollection", ref, options };
}
