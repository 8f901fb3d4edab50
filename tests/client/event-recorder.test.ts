import { afterAll, beforeAll, expect, test } from "bun:test";
import { createEventRecorder } from "#client/event-recorder.ts";
import { type ConfigMap, configmaps, events } from "#gen/api/core/v1.ts";
import { openPlane, type Plane } from "../controllers/plane.ts";
import { FakeClock } from "./fake-clock.ts";

let plane: Plane;
beforeAll(async () => {
  plane = await openPlane({ controllers: false });
});
afterAll(() => plane.close());

const about = (name: string): Promise<ConfigMap> =>
  plane.client.create(configmaps, "default", { metadata: { name } });

async function written(name: string) {
  const fieldSelector = `involvedObject.name=${name}`;
  const { items } = await plane.client.list(events, { namespace: "default", fieldSelector });
  return items.map(({ reason, message, count }) => [reason, message, count]);
}

test("the same event again raises the count of the first", async () => {
  const recorder = createEventRecorder({
    client: plane.client,
    component: "t",
    clock: new FakeClock(),
  });
  const object = await about("same");
  for (let time = 0; time < 3; time++) recorder.event(object, "Normal", "Pulled", "pulled x");
  recorder.event(object, "Warning", "Failed", "no x");
  await recorder.flush();
  expect(await written("same")).toEqual([
    ["Pulled", "pulled x", 3],
    ["Failed", "no x", 1],
  ]);
});

test("many that differ in their message only are combined", async () => {
  const recorder = createEventRecorder({
    client: plane.client,
    component: "t",
    clock: new FakeClock(),
  });
  const object = await about("similar");
  for (let time = 0; time < 15; time++) recorder.event(object, "Normal", "Probed", `probe ${time}`);
  await recorder.flush();
  const all = await written("similar");
  expect(all).toHaveLength(11);
  expect(all.at(-1)).toEqual(["Probed", "(combined from similar events): probe 14", 5]);
});

test("an object that never stops is heard 25 times, then once in five minutes", async () => {
  const clock = new FakeClock();
  const recorder = createEventRecorder({ client: plane.client, component: "t", clock });
  const object = await about("loud");
  for (let time = 0; time < 100; time++) recorder.event(object, "Normal", "Loud", "again");
  await recorder.flush();
  expect(await written("loud")).toEqual([["Loud", "again", 25]]);
  await clock.advance(300_000);
  for (let time = 0; time < 100; time++) recorder.event(object, "Normal", "Loud", "again");
  await recorder.flush();
  expect(await written("loud")).toEqual([["Loud", "again", 26]]);
});

test("an event that has expired is written anew", async () => {
  const recorder = createEventRecorder({
    client: plane.client,
    component: "t",
    clock: new FakeClock(),
  });
  const object = await about("expired");
  recorder.event(object, "Normal", "R", "m");
  await recorder.flush();
  const fieldSelector = "involvedObject.name=expired";
  const { items } = await plane.client.list(events, { namespace: "default", fieldSelector });
  await plane.client.delete(events, "default", items[0]?.metadata.name ?? "");
  recorder.event(object, "Normal", "R", "m");
  await recorder.flush();
  expect(await written("expired")).toHaveLength(1);
});
