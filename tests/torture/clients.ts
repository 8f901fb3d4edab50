/** Clients over real connections that note what they asked and what they were answered. */
import { ApiError } from "#apimachinery/status.ts";
import type { Client, ListOptions } from "#client/client.ts";
import { type ConfigMap, configmaps, services } from "#gen/api/core/v1.ts";
import type { Revision } from "#storage/storage.ts";
import type { WriteRecord } from "../simulation/history.ts";
import { quotaKey, quotaMax } from "../simulation/writers.ts";
import { namespace, selector, shown } from "./checks.ts";
import type { ListRecord, Record } from "./record.ts";
import { deleteMark } from "./truth.ts";

/** A request without an answer is given up: its outcome is unknown. */
const answerMaxMs = 20_000;
/** Few, so that writers meet; each is deleted by one writer only. */
const keysPerWriter = 6;
const pauseMs = 250;

export interface Place {
  readonly record: Record;
  /** Reaches any server, another one each time. */
  someClient(): Client;
  readonly random: () => number;
  over(): boolean;
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms));

class Unanswered extends Error {}

async function answered<T>(promise: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Unanswered("no answer")), answerMaxMs);
  promise.catch(() => undefined);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** What an error says of a write. */
function outcomeOf(error: unknown): "conflict" | "refused" | "unknown" {
  if (!(error instanceof ApiError)) return "unknown";
  const { code = 500, reason } = error.status;
  if (code === 409 || code === 404) return "conflict";
  // InternalError says nothing about what was done; checkRecord complains of it.
  return reason === "Timeout" || reason === "InternalError" ? "unknown" : "refused";
}

function noteError(record: Record, error: unknown): void {
  if (!(error instanceof ApiError)) return;
  const { reason = "", message = "" } = error.status;
  if (
    ![
      "Conflict",
      "AlreadyExists",
      "NotFound",
      "Timeout",
      "ServerTimeout",
      "ServiceUnavailable",
      "TooManyRequests",
      "Expired",
    ].includes(reason)
  ) {
    record.internalErrors.push(`${reason}: ${message}`);
  }
}

/** Performs one write and notes it; the answer is the object when it was written. */
async function attempt(
  { record }: Place,
  write: { readonly name: string; readonly mark: string; readonly expected: Revision },
  perform: () => Promise<ConfigMap | Revision>,
): Promise<void> {
  const key = { group: "", resource: "configmaps", namespace, name: write.name };
  const noted: WriteRecord = {
    mark: write.mark,
    key,
    expected: write.expected,
    started: performance.now(),
    ended: Number.POSITIVE_INFINITY,
    outcome: "pending",
    revision: 0,
  };
  record.writes.push(noted);
  try {
    const made = await answered(perform());
    noted.revision = typeof made === "number" ? made : revisionOf(made);
    noted.outcome = "written";
    record.counts.written += 1;
    record.acknowledged = Math.max(record.acknowledged, noted.revision);
  } catch (error) {
    noteError(record, error);
    noted.outcome = outcomeOf(error);
    record.counts[noted.outcome === "conflict" ? "conflicts" : noted.outcome] += 1;
  }
  // An unknown write may still be made: it ends never.
  if (noted.outcome !== "unknown") noted.ended = performance.now();
  if (noted.outcome === "refused" || noted.outcome === "unknown") await pause(pauseMs);
}

export function revisionOf({
  metadata,
}: {
  readonly metadata: { readonly resourceVersion?: string | undefined };
}): Revision {
  return Number(metadata.resourceVersion);
}

/** Creates, compares and swaps, and deletes; what it read may be what another server showed it long ago. */
export async function writer(place: Place, id: number): Promise<void> {
  const { random } = place;
  const deleted = new Set<Revision>();
  for (let round = 0; !place.over(); round++) {
    const owner = random() < 0.5 ? id : 0;
    const name = `w${owner}-${Math.floor(random() * keysPerWriter)}`;
    const client = place.someClient();
    const mark = `${id}.${round}`;
    const current = await readOf(place, client, name);
    if (current === "out of reach") continue;
    if (current === undefined || random() < 0.03) await create(place, name, mark);
    else if (owner === id && random() < 0.15 && !deleted.has(revisionOf(current))) {
      deleted.add(revisionOf(current));
      await remove(place, current);
    } else await update(place, current, mark, {});
  }
}

function objectOf(name: string, mark: string, annotations: { [name: string]: string }) {
  const half = mark.length % 2 === 0 ? selector.value : "no";
  return {
    metadata: { name, labels: { [selector.label]: half }, annotations: { ...annotations, mark } },
    data: { filling: "x".repeat(200) },
  };
}

function create(place: Place, name: string, mark: string, annotations = {}): Promise<void> {
  const client = place.someClient();
  return attempt(place, { name, mark, expected: 0 }, () =>
    client.create(configmaps, namespace, objectOf(name, mark, annotations)),
  );
}

function update(
  place: Place,
  current: ConfigMap,
  mark: string,
  annotations: object,
): Promise<void> {
  const { name = "", resourceVersion } = current.metadata;
  const next = objectOf(name, mark, { ...annotations });
  const metadata = { ...current.metadata, ...next.metadata, resourceVersion };
  const client = place.someClient();
  return attempt(place, { name, mark, expected: revisionOf(current) }, () =>
    client.update(configmaps, { ...current, ...next, metadata }),
  );
}

/** Its revision the answer does not tell; what the log says is taken, so that order and mark are checked all the same. */
function remove(place: Place, current: ConfigMap): Promise<void> {
  const { name = "", resourceVersion = "", annotations } = current.metadata;
  const mark = deleteMark(annotations?.["mark"] ?? "none");
  const client = place.someClient();
  return attempt(place, { name, mark, expected: Number(resourceVersion) }, async () => {
    await client.delete(configmaps, namespace, name, { resourceVersion });
    return 0;
  });
}

async function readOf(
  place: Place,
  client: Client,
  name: string,
): Promise<ConfigMap | undefined | "out of reach"> {
  try {
    return await answered(client.get(configmaps, namespace, name));
  } catch (error) {
    if (error instanceof ApiError && error.status.reason === "NotFound") return undefined;
    noteError(place.record, error);
    await pause(pauseMs);
    return "out of reach";
  }
}

/** Raises a count that may not pass its bound. */
export async function quotaRaiser(place: Place, id: number): Promise<void> {
  for (let round = 0; !place.over(); round++) {
    const { name } = quotaKey;
    const current = await readOf(place, place.someClient(), name);
    if (current === "out of reach") continue;
    const count = Number(current?.metadata.annotations?.["count"] ?? 0);
    const next = current !== undefined && count >= quotaMax ? 0 : count + 1;
    const annotations = { count: String(next) };
    const mark = `q${id}.${round}`;
    if (current === undefined) await create(place, name, mark, annotations);
    else await update(place, current, mark, annotations);
    await pause(place.random() * 50);
  }
}

/** Services come and go: their addresses are what is raced for. */
export async function serviceMaker(place: Place, id: number): Promise<void> {
  for (let round = 0; !place.over(); round++) {
    const name = `s${id}-${round % 4}`;
    const spec = { ports: [{ port: 80 }] };
    const made = place.someClient().create(services, namespace, { metadata: { name }, spec });
    await answered(made).catch((error) => noteError(place.record, error));
    if (round % 4 === 3) {
      const gone = place.someClient().delete(services, namespace, `s${id}-${round % 3}`);
      await answered(gone).catch((error) => noteError(place.record, error));
    }
    await pause(100 + place.random() * 200);
  }
}

/** Lists in every mode that there is. */
export async function lister(place: Place): Promise<void> {
  const modes: readonly ListRecord["mode"][] = ["newest", "any", "not older", "exact", "paged"];
  for (let round = 0; !place.over(); round++) {
    const mode = modes[round % modes.length] ?? "newest";
    try {
      place.record.lists.push(await listOnce(place, mode));
      place.record.counts.lists += 1;
    } catch (error) {
      noteError(place.record, error);
      await pause(pauseMs);
    }
    await pause(place.random() * 60);
  }
}

async function listOnce(place: Place, mode: ListRecord["mode"]): Promise<ListRecord> {
  const { record, random } = place;
  const asked = mode === "exact" || mode === "not older" ? record.acknowledged : 0;
  const selected = random() < 0.3;
  const options: ListOptions = {
    namespace,
    ...(selected ? { labelSelector: `${selector.label}=${selector.value}` } : {}),
    ...(mode === "any" ? { resourceVersion: "0" } : {}),
    ...(mode === "paged" ? { limit: 3 } : {}),
    ...(asked > 0
      ? {
          resourceVersion: `${asked}`,
          resourceVersionMatch: mode === "exact" ? "Exact" : "NotOlderThan",
        }
      : {}),
  };
  const started = performance.now();
  let page = await answered(place.someClient().list(configmaps, options));
  const items = [...page.items];
  while (page.continue !== "") {
    await pause(random() * 30);
    // The rest comes from whichever server is reached then.
    page = await answered(
      place.someClient().list(configmaps, { ...options, continue: page.continue }),
    );
    items.push(...page.items);
  }
  return {
    mode: asked === 0 && (mode === "exact" || mode === "not older") ? "any" : mode,
    selected,
    asked,
    started,
    revision: Number(page.resourceVersion),
    items: items.filter(isMarked).map(shown).sort(),
  };
}

export function isMarked({ metadata }: ConfigMap): boolean {
  return metadata.annotations?.["mark"] !== undefined;
}
