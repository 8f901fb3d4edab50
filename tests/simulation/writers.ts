/** Clients that write by compare-and-swap, on few keys so that they meet. */

import type { Key, Write, WriteResult } from "#storage/storage.ts";
import type { Entry } from "#storage/watch-cache.ts";
import type { WriteRecord } from "./history.ts";
import { Killed } from "./replica.ts";
import type { World } from "./world.ts";

/** The bound that quota's count must never pass (assertion 10). */
export const quotaMax = 3;
export const quotaKey: Key = { group: "", resource: "quotas", namespace: "x", name: "count" };

/** Where writers on both replicas meet most. */
const hotKey: Key = { group: "", resource: "pods", namespace: "x", name: "a" };

export async function writer(world: World, id: number): Promise<void> {
  const { random } = world.time;
  for (let round = 0; round < world.size.writes; round++) {
    await world.time.step();
    if (random.chance(0.1)) await world.time.sleep(random.below(300));
    const session = world.someSession();
    if (session === undefined) continue;
    const hot = random.chance(0.4);
    const key: Key = hot
      ? hotKey
      : {
          group: "",
          resource: random.chance(0.8) ? "pods" : "secrets",
          namespace: random.pick(["x", "y"]),
          name: random.pick(["a", "b", "c"]),
        };
    const write = writeTo(world, key, session.cache.get(key), `${id}.${round}`);
    await attempt(world, write);
  }
}

/** Raises a count that may not pass its bound: what quota, eviction and IP allocation rest on. */
export async function quotaRaiser(world: World, id: number): Promise<void> {
  for (let round = 0; round < world.size.writes / 2; round++) {
    await world.time.step();
    const current = world.someSession()?.cache.get(quotaKey);
    const count = Number(current?.object.metadata.annotations?.["count"] ?? 0);
    const next = count < quotaMax ? count + 1 : 0;
    const object = objectOf(quotaKey, `q${id}.${round}`, { count: String(next) });
    await attempt(
      world,
      current === undefined
        ? { op: "create", key: quotaKey, object }
        : { op: "update", key: quotaKey, expected: current.revision, object },
    );
  }
}

function objectOf(key: Key, mark: string, annotations: Record<string, string>, node?: string) {
  return {
    apiVersion: "v1",
    kind: "Thing",
    metadata: { name: key.name, namespace: key.namespace, annotations: { ...annotations, mark } },
    ...(node === undefined || node === "" ? {} : { spec: { nodeName: node } }),
  };
}

function writeTo(world: World, key: Key, current: Entry | undefined, mark: string): Write {
  const { random } = world.time;
  const object = objectOf(key, mark, {}, random.pick(["n1", "n2", ""]));
  if (current === undefined || random.chance(0.05)) return { op: "create", key, object };
  // Now and then from an old read, which must lose.
  const expected = random.chance(0.1) ? current.revision - 1 : current.revision;
  return { op: random.chance(0.25) ? "delete" : "update", key, expected, object };
}

async function attempt(world: World, write: Write): Promise<void> {
  const session = world.someSession();
  if (session === undefined) return;
  const { cache } = session;
  const record: WriteRecord = {
    mark: write.object.metadata.annotations?.["mark"] ?? "",
    key: write.key,
    // An update that expects revision 0 can only lose: nothing ever has it.
    expected: write.op === "create" ? 0 : write.expected || -1,
    started: world.time.ticks,
    ended: Number.POSITIVE_INFINITY,
    outcome: "pending",
    revision: 0,
  };
  world.history.writes.push(record);
  try {
    const before = cache.revision;
    const result = await session.answer(cache.write(write));
    settle(world, record, result);
    if (result.outcome === "written") world.seenOwnWrite(cache, before, result.stored);
  } catch (error) {
    const unknown = error instanceof Killed || world.reasonOf(error) === "Timeout";
    record.outcome = unknown ? "unknown" : "refused";
    world.history.counts[record.outcome] += 1;
    if (!unknown && !["ServerTimeout", "ServiceUnavailable"].includes(world.reasonOf(error))) {
      world.history.violated(2, `a writer was told ${String(error)}`);
    }
  }
  record.ended = world.time.ticks;
}

function settle(world: World, record: WriteRecord, result: WriteResult): void {
  record.outcome = result.outcome;
  if (result.outcome === "conflict") {
    world.history.counts.conflicts += 1;
    record.revision = result.current?.revision ?? 0;
    return;
  }
  world.history.counts.written += 1;
  record.revision = result.stored.revision;
  world.history.acknowledged = Math.max(world.history.acknowledged, record.revision);
}
