/**
 * What the host knows of a scheduler plugin: where it takes part, why it refuses, which events may lift that.
 * Filters and scores that look at what runs on the nodes are in the module (scheduler-wasm/assembly/plugins/); a
 * filter that asks pod and node alone is written here whole, as `ofNode`.
 */
import type { Node, Pod, PodSpec } from "#gen/api/core/v1.ts";
import type { DeviceClass, ResourceClaim } from "#gen/api/resource/v1.ts";
import type { NodeFacts } from "#scheduler/node-facts.ts";
import type { Point } from "#scheduler/plugin-points.ts";

export type ClusterEvent =
  /** Added (no `before`), changed, or gone (no `node`). */
  | { readonly kind: "node"; readonly before?: Node | undefined; readonly node?: Node | undefined }
  /**
   * A pod on a node: come, changed, gone. Room that was kept for one that hoped for it is free for pods of no higher
   * priority than its own, `upTo`: others did not heed it.
   */
  | {
      readonly kind: "pod";
      readonly before?: Pod | undefined;
      readonly pod?: Pod | undefined;
      readonly upTo?: number;
    }
  | { readonly kind: "namespace" }
  | { readonly kind: "storage" }
  /** A claim of devices: come, changed, gone. */
  | {
      readonly kind: "claim";
      readonly before?: ResourceClaim | undefined;
      readonly claim?: ResourceClaim | undefined;
    }
  /** Slices and taint rules of devices. */
  | { readonly kind: "devices" }
  /** A class of devices: come, changed, gone. */
  | {
      readonly kind: "deviceClass";
      readonly before?: DeviceClass | undefined;
      readonly now?: DeviceClass | undefined;
    }
  /** Nothing is known of it. */
  | { readonly kind: "anything" };

export interface NodeChange {
  readonly before: NodeFacts | undefined;
  readonly now: NodeFacts;
}

export interface ClaimChange {
  readonly before: ResourceClaim | undefined;
  readonly now: ResourceClaim | undefined;
}

export interface DeviceClassChange {
  readonly before?: DeviceClass | undefined;
  readonly now?: DeviceClass | undefined;
}

export interface PodChange {
  readonly before: Pod | undefined;
  readonly now: Pod | undefined;
}

/** May an event make a pod fit that the filter refused? What is not there: no. */
export interface Hint {
  readonly node?: (pod: Pod, change: NodeChange) => boolean;
  /** A node that is gone: true where counts over domains may be loosened by it. */
  readonly nodeGone?: boolean;
  readonly pod?: (pod: Pod, change: PodChange) => boolean;
  readonly claim?: (pod: Pod, change: ClaimChange) => boolean;
  readonly deviceClass?: (pod: Pod, change: DeviceClassChange) => boolean;
  readonly others?: readonly ClusterEvent["kind"][];
}

/** One thing that a pod needs of its node. */
export interface Need {
  /** Equal for needs that every node answers alike, among those of one plugin. */
  readonly name: string;
  /** Asked of a node when it comes and when it changes. */
  readonly met: (node: NodeFacts) => boolean;
}

/** A filter that asks pod and node alone. Its refusals are final: no pod's leaving would help. */
export interface NodeQuestion {
  /** "node(s) didn't …", in the sentence of FailedScheduling. */
  readonly phrase: string;
  readonly needs: (spec: PodSpec) => readonly Need[];
}

export interface Plugin<Name extends string = string> {
  /** Upstream's. */
  readonly name: Name;
  readonly points: readonly Point[];
  /** What it says in the sentence of FailedScheduling, by the module's verdict (V_*). */
  readonly reasons?: readonly (readonly [verdict: number, phrase: string])[];
  readonly hint?: Hint;
  readonly ofNode?: NodeQuestion;
}

/** Keeps the name's type, so that a profile can only be asked for plugins that there are. */
export function definePlugin<const Name extends string>(plugin: Plugin<Name>): Plugin<Name> {
  return plugin;
}

/** True now, and not before. */
export function comesTrue(
  { before, now }: NodeChange,
  asks: (node: NodeFacts) => boolean,
): boolean {
  return asks(now) && (before === undefined || !asks(before));
}

/** A hint: a node that changes does not help, a new one may. */
export const isNew = (_: Pod, { before }: NodeChange): boolean => before === undefined;

export const filterAndScore: readonly Point[] = ["preFilter", "filter", "preScore", "score"];
