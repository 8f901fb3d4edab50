/** What the database committed, as questions that a check can ask. */

import { inScope, keyText } from "#storage/key.ts";
import type { Change, Revision, Stored } from "#storage/storage.ts";
import type { CacheEvent, WatchScope } from "#storage/watch-cache.ts";
import type { Server, Timeline } from "./simulated-database.ts";

export const eventTypes = { create: "ADDED", update: "MODIFIED", delete: "DELETED" } as const;

export function nodeOf(object: object): string | undefined {
  const spec = "spec" in object ? object.spec : undefined;
  if (typeof spec !== "object" || spec === null || !("nodeName" in spec)) return undefined;
  return typeof spec.nodeName === "string" ? spec.nodeName : undefined;
}

/** Each write's object carries a mark of its own. */
export function markOf(object: Stored["object"]): string {
  return object.metadata.annotations?.["mark"] ?? "none";
}

function concerns(scope: WatchScope, change: Change): boolean {
  if (!inScope(scope, change.key)) return false;
  if (scope.name !== undefined && scope.name !== change.key.name) return false;
  if (scope.index === undefined) return true;
  const nodes = [nodeOf(change.object), change.previous && nodeOf(change.previous.object)];
  return nodes.includes(scope.index.value);
}

function described(stored: Stored | undefined): string {
  if (stored === undefined) return "nothing";
  const { key, revision, createRevision, object } = stored;
  return `${keyText(key)}@${revision}/${createRevision} ${object.metadata.resourceVersion} ${markOf(object)}`;
}

export function timelineOf(server: Server, epoch: number): Timeline {
  const timeline = server.timelines.find((each) => each.epoch === epoch);
  if (timeline === undefined) throw new Error(`there was no epoch ${epoch}`);
  return timeline;
}

/** What a watcher of the scope must be told between two revisions, in words that compare. */
export function expectedEvents(
  timeline: Timeline,
  scope: WatchScope,
  { after, upTo }: { readonly after: Revision; readonly upTo: Revision },
): readonly string[] {
  return timeline.changes
    .filter(({ revision }) => revision > after && revision <= upTo)
    .filter((change) => concerns(scope, change))
    .map(
      (change) => `${eventTypes[change.op]} ${described(change)} was ${described(change.previous)}`,
    );
}

export function describedEvent({ type, entry, previous }: CacheEvent): string {
  return `${type} ${described(entry)} was ${described(previous)}`;
}

/** The scope at a revision. */
export function stateAt(
  timeline: Timeline,
  scope: WatchScope,
  revision: Revision,
): readonly string[] {
  const state = new Map(timeline.objects.map((stored) => [keyText(stored.key), stored]));
  for (const change of timeline.changes) {
    if (change.revision > revision) break;
    if (change.op === "delete") state.delete(keyText(change.key));
    else state.set(keyText(change.key), change);
  }
  return describedList([...state.values()].filter((stored) => listed(scope, stored)));
}

function listed(scope: WatchScope, { key, object }: Stored): boolean {
  if (!inScope(scope, key) || (scope.name !== undefined && scope.name !== key.name)) return false;
  return scope.index === undefined || nodeOf(object) === scope.index.value;
}

export function describedList(stored: readonly Stored[]): readonly string[] {
  return stored.map(described).sort();
}
