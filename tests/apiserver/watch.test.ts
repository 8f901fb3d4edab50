/** R5 to R11: what a watcher sees. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readWatchFrames } from "#apimachinery/codec/watch-frames.ts";
import { ask, connection, type Harness, openHarness } from "./harness.ts";
import { openWatch } from "./watching.ts";

const maps = "/api/v1/namespaces/default/configmaps";
let harness: Harness;
beforeEach(async () => {
  harness = await openHarness();
});
afterEach(() => harness.close());

const create = (name: string, labels: object = {}) =>
  ask(harness, "POST", maps, { metadata: { name, labels } });
const relabel = (name: string, labels: object) =>
  ask(harness, "PUT", `${maps}/${name}`, { metadata: { name, labels } });
const remove = (name: string) => ask(harness, "DELETE", `${maps}/${name}`);

test("every later event once, in order (R5)", async () => {
  await create("a");
  const watch = await openWatch(harness, `${maps}?watch=1&resourceVersion=1`);
  await create("b");
  await relabel("b", { x: "y" });
  await remove("a");
  expect(await watch.take(3)).toEqual(["ADDED b", "MODIFIED b", "DELETED a"]);
  await watch.close();
});

test("a server that stops ends its watches", async () => {
  const stopping = await openHarness();
  const watch = await openWatch(stopping, `${maps}?watch=1`);
  const end = watch.take(1);
  await stopping.close();
  expect(await end).toEqual(["end"]);
});

test("without a revision the present objects come first (R6)", async () => {
  await create("a");
  for (const query of ["", "&resourceVersion=0"]) {
    const watch = await openWatch(harness, `${maps}?watch=true${query}`);
    expect(await watch.take(1)).toEqual(["ADDED a"]);
    await watch.close();
  }
});

test("entering and leaving a selector are ADDED and DELETED (R7)", async () => {
  const watch = await openWatch(harness, `${maps}?watch=1&labelSelector=on%3Dyes`);
  await create("a");
  await relabel("a", { on: "yes" });
  await relabel("a", { on: "yes", more: "1" });
  const left = await relabel("a", { on: "no" });
  await remove("a");
  await create("b", { on: "yes" });
  const events = [await watch.next(), await watch.next(), await watch.next(), await watch.next()];
  expect(events.map((event) => event?.type)).toEqual(["ADDED", "MODIFIED", "DELETED", "ADDED"]);
  // The last state that matched, under the revision of the change that ended it.
  expect(events[2]?.object.metadata.labels).toEqual({ on: "yes", more: "1" });
  expect(events[2]?.object.metadata.resourceVersion).toBe(left.body.metadata.resourceVersion);
  await watch.close();
});

test("DELETED carries the revision of the delete (R8)", async () => {
  const { body } = await create("a");
  const from = body.metadata.resourceVersion;
  const watch = await openWatch(harness, `${maps}?watch=1&resourceVersion=${from}`);
  await remove("a");
  const event = await watch.next();
  expect(event?.type).toBe("DELETED");
  expect(event?.object.metadata.resourceVersion).toBe(`${harness.cache.revision}`);
  expect(Number(event?.object.metadata.resourceVersion)).toBeGreaterThan(Number(from));
  await watch.close();
});

test("a watch of one name, and of one node's pods, sees no others (R12)", async () => {
  const watch = await openWatch(harness, `${maps}?watch=1&fieldSelector=metadata.name%3Db`);
  await create("a");
  await create("b");
  expect(await watch.take(1)).toEqual(["ADDED b"]);
  await watch.close();
});

describe("the end", () => {
  test("timeoutSeconds ends it cleanly, with a bookmark before (R9, R11)", async () => {
    await create("a");
    await ask(harness, "POST", "/api/v1/namespaces/default/secrets", { metadata: { name: "s" } });
    const query = "watch=1&resourceVersion=1&timeoutSeconds=1&allowWatchBookmarks=true";
    const watch = await openWatch(harness, `${maps}?${query}`);
    const bookmark = await watch.next();
    expect(bookmark).toEqual({
      type: "BOOKMARK",
      object: { kind: "ConfigMap", apiVersion: "v1", metadata: { resourceVersion: "2" } },
    });
    expect(await watch.next()).toBeUndefined();
  });

  test("without allowWatchBookmarks there is none", async () => {
    await create("a");
    await create("b");
    const watch = await openWatch(harness, `${maps}?watch=1&resourceVersion=2&timeoutSeconds=1`);
    expect(await watch.next()).toBeUndefined();
  });

  test("a client that leaves is forgotten", async () => {
    const watch = await openWatch(harness, `${maps}?watch=1`);
    const watchers = async () =>
      /apiserver_longrunning_requests\{verb="WATCH"\} (\d+)/.exec(
        (await ask(harness, "GET", "/metrics")).body,
      )?.[1];
    expect(await watchers()).toBe("1");
    await watch.close();
    expect(await watchers()).toBe("0");
  });
});

test("a revision below compaction is an ERROR event of reason Expired", async () => {
  for (const name of ["a", "b", "c"]) await create(name);
  const fresh = await openHarness();
  await fresh.close();
  await harness.storage.compact(2);
  await create("d");
  const watch = await openWatch(harness, `${maps}?watch=1&resourceVersion=1`);
  const event = await watch.next();
  // The ring may still hold what is compacted: then nothing is missed; else it is said.
  if (event?.type === "ERROR") expect(event.object).toMatchObject({ code: 410, reason: "Expired" });
  else expect(event?.object.metadata.name).toBe("b");
  await watch.close();
});

describe("sendInitialEvents (R10)", () => {
  const query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan";
  test("state, a bookmark that says so, then live", async () => {
    await create("a");
    await create("b");
    const watch = await openWatch(harness, `${maps}?${query}&allowWatchBookmarks=true`);
    expect(await watch.take(2)).toEqual(["ADDED a", "ADDED b"]);
    const bookmark = await watch.next();
    expect(bookmark?.type).toBe("BOOKMARK");
    expect(bookmark?.object.metadata).toEqual({
      resourceVersion: "2",
      annotations: { "k8s.io/initial-events-end": "true" },
    });
    await create("c");
    expect(await watch.take(1)).toEqual(["ADDED c"]);
    await watch.close();
  });

  test("of nothing, the bookmark comes at once", async () => {
    const watch = await openWatch(harness, `${maps}?${query}&allowWatchBookmarks=true`);
    expect((await watch.next())?.type).toBe("BOOKMARK");
    await watch.close();
  });

  test("false skips the state", async () => {
    await create("a");
    const off = query.replace("true", "false");
    const watch = await openWatch(harness, `${maps}?${off}&resourceVersion=1`);
    await create("b");
    expect(await watch.take(1)).toEqual(["ADDED b"]);
    await watch.close();
  });

  test("without resourceVersionMatch it is refused", async () => {
    const { status, body } = await ask(harness, "GET", `${maps}?watch=1&sendInitialEvents=true`);
    expect(status).toBe(422);
    expect(body.message).toContain(
      "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
    );
  });
});

describe("forms", () => {
  test("a table: columns with the first event only (W10)", async () => {
    await create("a");
    await create("b");
    const table = "application/json;as=Table;v=v1;g=meta.k8s.io";
    const watch = await openWatch(harness, `${maps}?watch=1`, table);
    const [first, second] = [await watch.next(), await watch.next()];
    expect(first?.object.columnDefinitions).toHaveLength(3);
    expect(first?.object.rows[0].cells[0]).toBe("a");
    expect(second?.object.columnDefinitions).toBeNull();
    expect(second?.object.rows[0].cells[0]).toBe("b");
    await watch.close();
  });

  test("metadata alone (W11)", async () => {
    await create("a");
    const metadata = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
    const watch = await openWatch(harness, `${maps}?watch=1`, metadata);
    expect((await watch.next())?.object.kind).toBe("PartialObjectMetadata");
    await watch.close();
  });

  test("length-prefixed protobuf (W9)", async () => {
    await create("a");
    const accept = "application/vnd.kubernetes.protobuf;stream=watch";
    const path = `${maps}?watch=1&timeoutSeconds=1&allowWatchBookmarks=true`;
    const request = new Request(`https://test${path}`, { headers: { accept } });
    const response = await harness.app.fetch(request, connection);
    expect(response.headers.get("content-type")).toBe(accept);
    if (response.body === null) throw new Error("a watch has a body");
    const seen: string[] = [];
    await create("b");
    for await (const { type, object } of readWatchFrames(response.body)) {
      seen.push(`${type} ${object.kind} ${object.metadata.name ?? ""}`);
    }
    expect(seen).toEqual([
      "ADDED ConfigMap a",
      // Who names no version asks for the state, and is told when he has it.
      "BOOKMARK ConfigMap ",
      "ADDED ConfigMap b",
    ]);
  });
});

test("a watcher that does not read holds nothing back and misses nothing", async () => {
  const watch = await openWatch(harness, `${maps}?watch=1`);
  const names = Array.from({ length: 1500 }, (_, i) => `m${i}`);
  for (const name of names) await create(name);
  expect(await watch.take(names.length)).toEqual(names.map((name) => `ADDED ${name}`));
  await watch.close();
});
