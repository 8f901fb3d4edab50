/** LIST: which revision, which page, which form. */
import { badRequest, expired, isReason } from "#apimachinery/status.ts";
import type { Call, Handler, ServerContext } from "#apiserver/call.ts";
import { decodeContinue, encodeContinue, expiredContinue } from "#apiserver/continue-token.ts";
import { listResponse } from "#apiserver/encoding/list-response.ts";
import { breath } from "#apiserver/fairness/breath.ts";
import {
  checkListOptions,
  type ListOptions,
  listOptions,
  revisionOf,
} from "#apiserver/list-options.ts";
import { negotiated } from "#apiserver/negotiation.ts";
import { checkSelectors, type Selection, selectionOf } from "#apiserver/selection.ts";
import type { ListMeta } from "#gen/api/meta/v1.ts";
import { compareText, orderText } from "#storage/key.ts";
import type { Revision, Scope } from "#storage/storage.ts";
import type { Entry, WatchScope } from "#storage/watch-cache.ts";
import { atLeast } from "./freshness.ts";

export interface Page {
  readonly entries: readonly Entry[];
  readonly metadata: ListMeta;
}

interface Snapshot {
  readonly revision: Revision;
  /** In key order; of the scope, not yet selected. */
  readonly entries: readonly Entry[];
  /** Only entries above this key belong to the page. */
  readonly after: string | undefined;
}

/** Upstream's sentence for a list; the store's is that of a watch. */
function tooOldForList(error: unknown): never {
  if (!isReason(error, "Expired")) throw error;
  throw tooOldList();
}

function tooOldList(): Error {
  return expired("The resourceVersion for the provided list is too old.");
}

/** Of all names: past lists are kept for the next page whoever asks, and tokens go on from any key. */
const wholeOf = ({ group, resource, namespace }: WatchScope): Scope => ({
  group,
  resource,
  namespace,
});

async function exact(
  { cache }: ServerContext,
  scope: WatchScope,
  revision: Revision,
): Promise<readonly Entry[]> {
  if (revision === cache.revision) return cache.list(scope).entries;
  // The cache may still know it; what is compacted is gone for all replicas alike.
  if (revision < cache.compacted) throw tooOldList();
  await atLeast(cache, `${revision}`, revision);
  const entries = await cache.listAt(wholeOf(scope), revision).catch(tooOldForList);
  const { name } = scope;
  return name === undefined ? entries : entries.filter(({ key }) => key.name === name);
}

async function continued(
  server: ServerContext,
  selection: Selection,
  options: ListOptions,
): Promise<Snapshot> {
  const token = decodeContinue(options.continue);
  const { after } = token;
  if (options.resourceVersion !== "" && options.resourceVersion !== "0")
    throw badRequest("specifying resource version is not allowed when using continue");
  const scope = wholeOf(selection.scope);
  if (token.revision < 0) {
    await server.cache.fresh();
    return { ...server.cache.list(scope), after };
  }
  try {
    return {
      revision: token.revision,
      entries: await exact(server, scope, token.revision),
      after,
    };
  } catch (error) {
    if (isReason(error, "Expired")) throw expiredContinue(token);
    throw error;
  }
}

async function snapshotFor(
  server: ServerContext,
  selection: Selection,
  options: ListOptions & { readonly paged?: boolean },
): Promise<Snapshot> {
  if (options.continue !== "") return continued(server, selection, options);
  const { resourceVersion, match, limit } = options;
  const revision = revisionOf(resourceVersion);
  // Upstream's old rule: with a limit and without a match, a revision means exactly it, but of one object.
  const paged = (limit > 0 || options.paged === true) && selection.scope.name === undefined;
  const legacyExact = paged && match === "" && revision > 0;
  if (match === "Exact" || legacyExact) {
    return { revision, entries: await exact(server, selection.scope, revision), after: undefined };
  }
  await atLeast(server.cache, resourceVersion, revision);
  return { ...server.cache.list(selection.scope), after: undefined };
}

/** First place whose key is above `after`: entries are in order. */
function startAfter(entries: readonly Entry[], after: string): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const entry = entries[middle];
    if (entry !== undefined && compareText(orderText(entry.key), after) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function pageOf(snapshot: Snapshot, selection: Selection, limit: number): Page {
  const { entries, after, revision } = snapshot;
  const start = after === undefined ? 0 : startAfter(entries, after);
  const metadata: ListMeta = { resourceVersion: `${revision}` };
  if (limit === 0) {
    const rest = start === 0 ? entries : entries.slice(start);
    return { entries: selection.whole ? rest : rest.filter(selection.matches), metadata };
  }
  const page: Entry[] = [];
  let at = start;
  for (; at < entries.length && page.length < limit; at++) {
    const entry = entries[at];
    if (entry !== undefined && selection.matches(entry)) page.push(entry);
  }
  const last = page.at(-1);
  // As upstream: whatever comes after a full page, selected or not, is worth another question.
  const more = last !== undefined && at < entries.length;
  if (more) metadata.continue = encodeContinue({ revision, after: orderText(last.key) });
  if (more && selection.whole) metadata.remainingItemCount = entries.length - at;
  return { entries: page, metadata };
}

/** What upstream looks at before anything is read. Throws BadRequest, Invalid. */
export function checkListing(call: Call): void {
  checkSelectors(call.query);
  checkListOptions(listOptions(call.query), "list");
}

/** The page that the query asks for; also what deletecollection deletes. */
export async function listPage(
  server: ServerContext,
  call: Call,
  how: { readonly paged?: boolean } = {},
): Promise<Page> {
  checkListing(call);
  const options = { ...listOptions(call.query), ...how };
  const selection = selectionOf(call.endpoint, call.info.namespace, call.query);
  const snapshot = await snapshotFor(server, selection, options);
  // Upstream's caches serve any version whole, and the rest of a list too.
  const isAny = options.resourceVersion === "0";
  return pageOf(snapshot, selection, isAny ? 0 : Math.max(0, options.limit));
}

export const list: Handler = async (server, call) => {
  negotiated(call);
  const page = await listPage(server, call);
  await breath(call);
  return listResponse(server, call, page);
};
