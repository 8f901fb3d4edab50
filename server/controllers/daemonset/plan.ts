/** What a set of daemons wants on each node, and what is there. */
import { revisionLabel } from "#controllers/revisions.ts";
import type { DaemonSet } from "#gen/api/apps/v1.ts";
import type { Node, Pod } from "#gen/api/core/v1.ts";
import type { Fit } from "./node-fit.ts";

/** A node with what is on it of this set. */
export interface Place {
  readonly node: Node;
  readonly fit: Fit;
  readonly pods: readonly Pod[];
}

/** Of what is wanted and what is there. */
export interface Plan {
  readonly set: DaemonSet;
  readonly hash: string;
  readonly places: readonly Place[];
}

/** A rollout makes the new pod before it ends the old one. */
export function surges({ spec }: DaemonSet): boolean {
  const surge = spec.updateStrategy?.rollingUpdate?.maxSurge ?? 0;
  return surge !== 0 && surge !== "0%";
}

export function isOf({ metadata }: Pod, hash: string): boolean {
  return metadata.labels?.[revisionLabel] === hash;
}
