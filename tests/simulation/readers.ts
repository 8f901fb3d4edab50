/** Clients that list, now and at revisions gone by, and compare with what the database committed. */

import type { WatchScope } from "#storage/watch-cache.ts";
import { Killed, type Session } from "./replica.ts";
import { describedList, stateAt, timelineOf } from "./truth.ts";
import type { World } from "./world.ts";

export const scopes: readonly WatchScope[] = [
  { group: "", resource: "pods" },
  { group: "", resource: "pods", namespace: "x" },
  { group: "", resource: "pods", namespace: "y", name: "a" },
  { group: "", resource: "pods", index: { name: "spec.nodeName", value: "n1" } },
  { group: "", resource: "secrets" },
];

export async function reader(world: World): Promise<void> {
  const { random } = world.time;
  let newest = 0;
  for (let round = 0; round < world.size.reads; round++) {
    await world.time.step();
    const session = world.someSession();
    if (session === undefined) continue;
    try {
      newest = await consistentList(world, session, newest);
      if (random.chance(0.5)) await pagedList(world, session);
    } catch (error) {
      if (!(error instanceof Killed) && !world.isOutage(error)) throw error;
    }
  }
}

async function consistentList(world: World, session: Session, newest: number): Promise<number> {
  const { history, server, time } = world;
  const scope = time.random.pick(scopes);
  const { cache } = session;
  const { acknowledged } = history;
  await session.answer(cache.fresh());
  const { revision, entries } = cache.list(scope);
  history.counts.lists += 1;
  if (revision < acknowledged) {
    history.violated(2, `a fresh list is at ${revision}, ${acknowledged} was acknowledged before`);
  }
  if (revision < newest) history.violated(8, `a client read ${newest}, then ${revision}`);
  const expected = stateAt(timelineOf(server, cache.head().epoch), scope, revision);
  history.same(2, `list at ${revision}`, describedList(entries), expected);
  return revision;
}

/** The first page at one revision, the next ones later at the same. */
async function pagedList(world: World, session: Session): Promise<void> {
  const { history, server, time } = world;
  const { cache } = session;
  const { index: _, name: __, ...scope } = time.random.pick(scopes);
  const { revision } = cache.list(scope);
  const { epoch } = cache.head();
  await session.answer(time.sleep(time.random.below(200)));
  const expected = stateAt(timelineOf(server, epoch), scope, revision);
  try {
    const entries = await session.answer(cache.listAt(scope, revision));
    history.same(7, `page at ${revision}`, describedList(entries), expected);
  } catch (error) {
    if (world.reasonOf(error) !== "Expired") throw error;
    const { compacted } = server.log.head;
    if (revision >= compacted) history.violated(8, `${revision} Expired, compacted ${compacted}`);
  }
}
