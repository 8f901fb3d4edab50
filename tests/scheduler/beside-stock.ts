/** One course of events on a stock scheduler and on ours: the outcomes are the same. */
import { expect, test } from "bun:test";
import { serviceaccounts } from "#gen/api/core/v1.ts";
import type { Plane } from "#tests/controllers/plane.ts";
import { missingPeers } from "#tests/support/peers.ts";
import { closersOfEach, openCluster, startScheduler } from "./plane.ts";
import { startStockScheduler } from "./record/stock-scheduler.ts";

export type World = Pick<Plane, "client">;
/** By what happened. */
export type Outcomes = Record<string, unknown>;

/** `expected`: what the outcomes hold at least, so that two empty ones are not alike. */
export function testBesideStock(
  title: string,
  play: (world: World) => Promise<Outcomes>,
  expected: Outcomes = {},
): void {
  const closers = closersOfEach();
  const missing = missingPeers("kube-apiserver", "etcd", "kube-scheduler");
  if (missing.length > 0)
    console.log(`no comparison with a stock scheduler: ${missing.join(", ")}`);
  const compare = async (): Promise<void> => {
    const stock = await startStockScheduler({});
    closers.push(() => stock.stop());
    const metadata = { name: "default", namespace: "default" };
    await stock.client.create(serviceaccounts, "default", { metadata });
    const plane = await openCluster(closers);
    startScheduler(plane, closers);
    const [theirs, ours] = [await play(stock), await play(plane)];
    expect(ours).toEqual(theirs);
    expect(theirs).toMatchObject(expected);
  };
  test.skipIf(missing.length > 0)(title, compare, 120_000);
}
