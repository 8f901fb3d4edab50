/** The short form of `npm run swaps`: all parts change sides at once, on two API servers, with few pods. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { allowedOfControllers, allowedOfScheduler, logCheck } from "./complaints.ts";
import { ourLogCheck, startOurControllers } from "./controllers.ts";
import { helmStages } from "./helm.ts";
import { manifestCheck, startCheck } from "./schedulers.ts";
import { shapeStages } from "./shapes.ts";
import { type Check, runSwap, type Side, tableOf } from "./swap.ts";
import { controllerChecks } from "./workloads/registry.ts";
import { notBuilt, openOurWorld, openStockWorld, spreadOverZones, type World } from "./world.ts";

const nodeCount = 6;
const podCount = 18;
const once = { minutes: 0, short: true } as const;
/** Patience with a busy machine. */
const msMax = 300_000;

async function allMet(side: Side, stages: readonly (readonly Check[])[]): Promise<void> {
  const said: string[] = [];
  const open = async () => ({ stages, async close() {} });
  const swap = { side, part: "all of it", missing: async () => [], open };
  const rows = await runSwap(swap, (line) => said.push(line));
  const bad = rows.filter(({ verdict }) => verdict === "not met");
  if (bad.length > 0) console.log(`${said.join("\n")}\n${tableOf(rows)}`);
  expect(bad).toEqual([]);
}

const missingHere = notBuilt("kube-scheduler", "kube-controller-manager", "helm", "load");
const stockReason = missingHere.length === 0 ? "" : ` (skipped: ${missingHere.join("; ")})`;
describe.skipIf(stockReason !== "")(`stock parts on our API server${stockReason}`, () => {
  let world: World;
  beforeAll(async () => {
    const stock = { stockScheduler: true, stockControllers: true };
    world = await openOurWorld({ nodes: nodeCount, ...stock });
    await spreadOverZones(world.client);
  }, msMax);
  afterAll(() => world?.close(), msMax);

  test(
    "schedule, control, and leave no error in their logs; helm goes through them",
    async () => {
      await allMet("on our API server", [
        ...shapeStages(world, podCount),
        controllerChecks(world, once),
        ...helmStages(world),
        [
          logCheck(world, "kube-scheduler", allowedOfScheduler),
          logCheck(world, "kube-controller-manager", allowedOfControllers),
        ],
      ]);
    },
    msMax,
  );
});

const missingThere = notBuilt("etcd", "kube-apiserver", "kubectl", "fakenode", "load");
const ownReason = missingThere.length === 0 ? "" : ` (skipped: ${missingThere.join("; ")})`;
describe.skipIf(ownReason !== "")(`our parts on a stock API server${ownReason}`, () => {
  let world: Awaited<ReturnType<typeof openStockWorld>>;
  beforeAll(async () => {
    world = await openStockWorld(nodeCount);
    startOurControllers(world);
  }, msMax);
  afterAll(() => world?.close(), msMax);

  test(
    "schedule with the rights of the manifest, control, and complain of nothing",
    async () => {
      await allMet("on a stock API server", [
        [manifestCheck(world)],
        [startCheck(world)],
        ...shapeStages(world, podCount),
        controllerChecks(world, once),
        [ourLogCheck(world, "our-scheduler"), ourLogCheck(world, "our-controllers")],
      ]);
    },
    msMax,
  );
});
