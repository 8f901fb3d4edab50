/** An informer over a network that breaks ends up with what the server holds, and tells each change once. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { inProcessTransport } from "#apiserver/in-process.ts";
import type { Client } from "#client/client.ts";
import { createClient } from "#client/create-client.ts";
import { createInformer, type Informer } from "#client/informer.ts";
import { type ConfigMap, configmaps, namespaces } from "#gen/api/core/v1.ts";
import { eventually, openPlane, type Plane } from "../controllers/plane.ts";
import { type Faults, faultyTransport } from "./faulty-transport.ts";

let plane: Plane;
let namespace = "";
let count = 0;

beforeAll(async () => {
  plane = await openPlane({ controllers: false });
});
afterAll(() => plane.close());
beforeEach(async () => {
  namespace = `informer-${count++}`;
  await plane.client.create(namespaces, "", { metadata: { name: namespace }, spec: {} });
});

interface Watched {
  readonly informer: Informer<ConfigMap>;
  readonly faults: Faults;
  readonly told: string[];
  stop(): void;
}

async function start(
  mediaType: "protobuf" | "json",
  prepare: (faults: Faults) => void = () => {},
): Promise<Watched> {
  const user = {
    name: "u",
    uid: "",
    groups: ["system:masters", "system:authenticated"],
    extra: {},
  };
  const { transport, faults } = faultyTransport(inProcessTransport(plane.app, user));
  prepare(faults);
  const options = { transport, baseUrl: "https://x", userAgent: "test", mediaType };
  const client: Client = createClient(options);
  // Short waits: the back-off is the reflector's, only its unit is another.
  const clock = {
    now: () => new Date(),
    monotonic: () => performance.now(),
    after: (milliseconds: number, callback: () => void) => {
      const timer = setTimeout(callback, milliseconds / 50);
      return () => clearTimeout(timer);
    },
  };
  const informer = createInformer(client, configmaps, {
    namespace,
    clock,
    indexers: { colour: ({ data }) => (data?.["colour"] === undefined ? [] : [data["colour"]]) },
  });
  const told: string[] = [];
  informer.onChange({
    added: ({ metadata }) => told.push(`+${metadata.name}`),
    updated: (_, { metadata, data }) => told.push(`~${metadata.name} ${data?.["colour"]}`),
    deleted: ({ metadata }) => told.push(`-${metadata.name}`),
  });
  const stop = new AbortController();
  informer.start(stop.signal);
  await informer.synced();
  return { informer, faults, told, stop: () => stop.abort() };
}

const make = (name: string, colour = "red") =>
  plane.client.create(configmaps, namespace, { metadata: { name }, data: { colour } });
const paint = async (name: string, colour: string) => {
  const object = await plane.client.get(configmaps, namespace, name);
  await plane.client.update(configmaps, { ...object, data: { colour } });
};
const remove = (name: string) => plane.client.delete(configmaps, namespace, name);

async function caughtUp({ told }: Watched, ...expected: readonly string[]): Promise<void> {
  await eventually(
    "the news",
    async () => told,
    (seen) => seen.length >= expected.length,
  );
  expect(told).toEqual([...expected]);
}

for (const mediaType of ["protobuf", "json"] as const) {
  describe(`in ${mediaType}`, () => {
    test("what is there, then every change, by one stream", async () => {
      await make("a");
      const watched = await start(mediaType);
      expect(watched.informer.get(namespace, "a")).toMatchObject({
        apiVersion: "v1",
        kind: "ConfigMap",
        data: { colour: "red" },
      });
      await make("b", "blue");
      await paint("a", "blue");
      await remove("b");
      await caughtUp(watched, "+a", "+b", "~a blue", "-b");
      expect(watched.informer.byIndex("colour", "red")).toEqual([]);
      expect(watched.informer.byIndex("colour", "blue").map((it) => it.metadata.name)).toEqual([
        "a",
      ]);
      expect(watched.faults.seen).toEqual(["WATCHLIST"]);
      watched.stop();
    });

    test("after a cut the stream goes on where it was, without reading all again", async () => {
      await make("a");
      const watched = await start(mediaType);
      await make("b");
      await caughtUp(watched, "+a", "+b");
      watched.faults.down = true;
      watched.faults.cut();
      await make("c");
      await paint("a", "green");
      watched.faults.down = false;
      await caughtUp(watched, "+a", "+b", "+c", "~a green");
      expect(watched.faults.seen.filter((it) => it !== "WATCH")).toEqual(["WATCHLIST"]);
      watched.stop();
    });

    test("forgotten by the server (410), it reads all again and tells only the difference", async () => {
      await make("a");
      await make("b");
      const watched = await start(mediaType);
      watched.faults.expired = true;
      watched.faults.cut();
      await paint("a", "green");
      await remove("b");
      await make("c");
      await eventually(
        "a 410",
        async () => watched.faults.seen.length,
        (seen) => seen > 1,
      );
      watched.faults.expired = false;
      await eventually(
        "the news",
        async () => watched.told,
        (seen) => seen.length >= 5,
      );
      expect([...watched.told].sort()).toEqual(["+a", "+b", "+c", "-b", "~a green"]);
      watched.stop();
    });
  });
}

test("deleted and made again behind our back: two objects, so two events", async () => {
  await make("a");
  const watched = await start("protobuf");
  watched.faults.expired = true;
  watched.faults.cut();
  await remove("a");
  await make("a", "blue");
  await eventually(
    "a 410",
    async () => watched.faults.seen.length,
    (seen) => seen > 1,
  );
  watched.faults.expired = false;
  await caughtUp(watched, "+a", "-a", "+a");
  watched.stop();
});

test("a server without WatchList gets a list and a watch", async () => {
  await make("a");
  const watched = await start("protobuf", (faults) => {
    faults.watchList = "refused";
  });
  await make("b");
  await caughtUp(watched, "+a", "+b");
  expect(watched.faults.seen).toEqual(["WATCHLIST", "LIST", "WATCH"]);
  watched.stop();
});

test("a server that ignores the parameter gets a list and a watch, too", async () => {
  await make("a");
  const watched = await start("protobuf", (faults) => {
    faults.watchList = "ignored";
  });
  await make("b");
  await caughtUp(watched, "+a", "+b");
  expect(watched.faults.seen).toEqual(["WATCHLIST", "LIST", "WATCH"]);
  watched.stop();
});

test("a handler that throws does not keep the news from the others", async () => {
  const watched = await start("protobuf");
  watched.informer.onChange({
    added() {
      throw new Error("a bug");
    },
  });
  const heard: string[] = [];
  watched.informer.onChange({ added: ({ metadata }) => heard.push(metadata.name) });
  await make("a");
  await eventually(
    "the news",
    async () => heard,
    (seen) => seen.length === 1,
  );
  watched.stop();
});

test("metadata alone: no data comes along, and the kind is the resource's", async () => {
  await make("a");
  const { client } = plane;
  const { items } = await client.list(configmaps, { namespace, metadataOnly: true });
  expect(items.map((it) => [it.kind, it.metadata.name, it.data])).toEqual([
    ["ConfigMap", "a", undefined],
  ]);
});
