/** The templates that a workload has had, kept as ControllerRevisions: for rolling updates and for going back. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { type ControllerRevision, controllerrevisions } from "#gen/api/apps/v1.ts";
import type { PodTemplateSpec } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { create, type Effect, remove, update } from "./effects.ts";
import { controllerReference } from "./owner-references.ts";
import { templateHash } from "./pod-template.ts";

export const revisionLabel = "controller-revision-hash";

/** Upstream's default of revisionHistoryLimit. */
const historyLimit = 10;

export interface History {
  /** `web-5d4b8c7f9`: of the template as it is now. */
  readonly name: string;
  /** `5d4b8c7f9`. */
  readonly hash: string;
  readonly effects: readonly Effect[];
}

export interface Template {
  readonly owner: KubeObject;
  readonly template: PodTemplateSpec;
  readonly collisionCount?: number | undefined;
  readonly limit?: number | undefined;
}

/**
 * The patch that brings an owner back to this template. Its fields in order: upstream's clients compare the text
 * of a revision with the one they would make, and Go writes maps so.
 */
function dataOf(template: PodTemplateSpec): Record<string, unknown> {
  return { spec: { template: inOrder({ ...template, $patch: "replace" }) } };
}

function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  fields.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(fields.map(([name, field]) => [name, inOrder(field)]));
}

const numberOf = ({ revision }: ControllerRevision): number => revision ?? 0;

/** `revisions`: the owner's own. `inUse`: hashes or names that pods still carry. */
export function historyOf(
  { owner, template, collisionCount, limit = historyLimit }: Template,
  revisions: readonly ControllerRevision[],
  inUse: ReadonlySet<string>,
): History {
  const data = dataOf(template);
  const newest = Math.max(0, ...revisions.map(numberOf));
  const same = revisions.find((revision) => deepEqual(revision.data, data));
  if (same !== undefined) {
    const hash = same.metadata.labels?.[revisionLabel] ?? same.metadata.name;
    // Back at an older template: it becomes the newest.
    const raised =
      numberOf(same) === newest
        ? []
        : [update(controllerrevisions, { ...same, revision: newest + 1 })];
    const old = revisions.filter((revision) => revision !== same);
    const effects = [...raised, ...surplus(old, limit, inUse)];
    return { name: same.metadata.name, hash, effects };
  }
  const hash = templateHash(template, collisionCount);
  const name = `${owner.metadata.name}-${hash}`;
  const labels = { ...template.metadata?.labels, [revisionLabel]: hash };
  const metadata = { name, labels, ownerReferences: [controllerReference(owner)] };
  const draft = { metadata, data, revision: newest + 1 };
  const { namespace = "" } = owner.metadata;
  const made = create(controllerrevisions, namespace, draft, { existsIsFine: true });
  return { name, hash, effects: [made, ...surplus(revisions, limit, inUse)] };
}

/** The oldest beyond the limit that no pod carries. */
function surplus(
  old: readonly ControllerRevision[],
  limit: number,
  inUse: ReadonlySet<string>,
): readonly Effect[] {
  const used = ({ metadata }: ControllerRevision): boolean =>
    inUse.has(metadata.name) || inUse.has(metadata.labels?.[revisionLabel] ?? "");
  const unused = old.filter((revision) => !used(revision));
  const going = unused.toSorted((a, b) => numberOf(a) - numberOf(b));
  return going
    .slice(0, Math.max(0, unused.length - limit))
    .map((revision) => remove(controllerrevisions, revision));
}
