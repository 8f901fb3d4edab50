/** R1 to R4, R12, R13 and the forms of an answer. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { gunzipSync } from "node:zlib";
import { decodeProtobuf } from "#apimachinery/codec/protobuf.ts";
import { ask, connection, type Harness, openHarness } from "./harness.ts";

const maps = "/api/v1/namespaces/default/configmaps";
let harness: Harness;
const names = ["a", "b", "c", "d", "e"];
beforeAll(async () => {
  harness = await openHarness();
  for (const name of names) {
    const labels = { parity: names.indexOf(name) % 2 === 0 ? "even" : "odd" };
    await ask(harness, "POST", maps, { metadata: { name, labels }, data: { name } });
  }
  await ask(harness, "POST", "/api/v1/namespaces/other/configmaps", { metadata: { name: "a" } });
});
afterAll(() => harness.close());

const list = (query: string) => ask(harness, "GET", `${maps}${query}`);
const namesIn = (body: { items: { metadata: { name: string } }[] }): string[] =>
  body.items.map(({ metadata }) => metadata.name);

describe("which objects a list shows", () => {
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ["", names],
    ["?labelSelector=parity%3Deven", ["a", "c", "e"]],
    ["?labelSelector=parity+notin+(even)", ["b", "d"]],
    ["?fieldSelector=metadata.name%3Db", ["b"]],
    ["?fieldSelector=metadata.name!%3Db", ["a", "c", "d", "e"]],
    ["?fieldSelector=metadata.namespace%3Dother", []],
    ["?resourceVersion=0", names],
    ["?resourceVersion=3", names],
    ["?resourceVersion=3&resourceVersionMatch=NotOlderThan", names],
    ["?resourceVersion=3&resourceVersionMatch=Exact", ["a", "b", "c"]],
    ["?resourceVersion=3&limit=10", ["a", "b", "c"]],
  ];
  for (const [query, expected] of rows) {
    test(query, async () => expect(namesIn((await list(query)).body)).toEqual([...expected]));
  }
  test("every namespace", async () => {
    const { body } = await ask(harness, "GET", "/api/v1/configmaps");
    expect(body.items).toHaveLength(6);
  });
});

describe("refusals", () => {
  const tooLarge = "Timeout: Too large resource version: 99999, current: 6";
  const prefix = 'ListOptions.meta.k8s.io "" is invalid: ';
  const rows: readonly (readonly [string, number, string])[] = [
    ["?resourceVersion=99999", 504, tooLarge],
    [
      "?resourceVersion=abc",
      400,
      'invalid resource version: resourceVersion: Invalid value: "abc": strconv.ParseUint: parsing "abc": invalid syntax',
    ],
    [
      "?resourceVersionMatch=Exact",
      422,
      `${prefix}resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided`,
    ],
    [
      "?resourceVersion=0&resourceVersionMatch=Exact",
      422,
      `${prefix}resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"`,
    ],
    [
      "?sendInitialEvents=true",
      422,
      `${prefix}sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list`,
    ],
    ["?limit=abc", 400, 'strconv.ParseInt: parsing "abc": invalid syntax'],
    ["?labelSelector=a+in", 400, "unable to parse requirement: found '' expected: '('"],
    [
      "?fieldSelector=spec.x%3Da",
      400,
      '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"',
    ],
  ];
  for (const [query, code, message] of rows) {
    test(query, async () => {
      const { status, body } = await list(query);
      expect([status, body.message]).toEqual([code, message]);
    });
  }
  test("a revision too large carries the cause that reflectors look for", async () => {
    const { body } = await ask(harness, "GET", `${maps}/a?resourceVersion=99999`);
    expect(body.details.causes[0].reason).toBe("ResourceVersionTooLarge");
    expect(body.details.retryAfterSeconds).toBe(1);
  });
  test("a pod's unknown field", async () => {
    const { body } = await ask(harness, "GET", "/api/v1/pods?fieldSelector=spec.foo%3Dx");
    expect(body.message).toBe("field label not supported: spec.foo");
  });
  test("an absent object", async () => {
    const { status, body } = await ask(harness, "GET", `${maps}/nobody`);
    expect([status, body.details]).toEqual([404, { name: "nobody", kind: "configmaps" }]);
  });
});

describe("pages", () => {
  test("hold together at the first page's revision", async () => {
    const first = (await list("?limit=2")).body;
    expect([namesIn(first), first.metadata.remainingItemCount]).toEqual([["a", "b"], 3]);
    await ask(harness, "POST", maps, { metadata: { name: "bb" } });
    const token = encodeURIComponent(first.metadata.continue);
    const second = (await list(`?limit=2&continue=${token}`)).body;
    expect(namesIn(second)).toEqual(["c", "d"]);
    expect(second.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
    const third = (await list(`?continue=${encodeURIComponent(second.metadata.continue)}`)).body;
    expect([namesIn(third), third.metadata.continue]).toEqual([["e"], undefined]);
    await ask(harness, "DELETE", `${maps}/bb`);
  });

  test("a selector hides how many remain", async () => {
    const { metadata } = (await list("?limit=1&labelSelector=parity")).body;
    expect(metadata.continue).toBeString();
    expect(metadata.remainingItemCount).toBeUndefined();
  });

  test("an expired token answers 410 with one that goes on inconsistently", async () => {
    const own = await openHarness();
    for (const name of names) await ask(own, "POST", maps, { metadata: { name } });
    const first = (await ask(own, "GET", `${maps}?limit=2`)).body;
    await ask(own, "DELETE", `${maps}/c`);
    await own.storage.compact(own.cache.revision);
    await ask(own, "POST", maps, { metadata: { name: "f" } });
    const next = (token: string) =>
      ask(own, "GET", `${maps}?continue=${encodeURIComponent(token)}`);
    const expired = await next(first.metadata.continue);
    expect([expired.status, expired.body.reason]).toEqual([410, "Expired"]);
    const rest = await next(expired.body.metadata.continue);
    expect(namesIn(rest.body)).toEqual(["d", "e", "f"]);
    await own.close();
  });

  test("a token of nobody's making is 400", async () => {
    for (const token of ["abc", "e30", "x".repeat(10_000)]) {
      expect((await list(`?continue=${token}`)).status).toBe(400);
    }
  });
});

describe("forms", () => {
  const accept = (accept: string, path = maps) => ask(harness, "GET", path, undefined, { accept });

  test("items of a list do not repeat their kind", async () => {
    const { body } = await list("");
    expect([body.kind, body.apiVersion]).toEqual(["ConfigMapList", "v1"]);
    expect(body.items[0].kind).toBeUndefined();
  });

  test("protobuf, one and many", async () => {
    const get = async (path: string) => {
      const headers = { accept: "application/vnd.kubernetes.protobuf" };
      const request = new Request(`https://test${path}`, { headers });
      const response = await harness.app.fetch(request, connection);
      expect(response.headers.get("content-type")).toBe("application/vnd.kubernetes.protobuf");
      return decodeProtobuf(await response.bytes());
    };
    expect((await get(`${maps}/a`)).metadata.name).toBe("a");
    const all: unknown = await get(maps);
    expect(all).toMatchObject({ kind: "ConfigMapList", metadata: { resourceVersion: "8" } });
  });

  test("a table", async () => {
    const { body } = await accept("application/json;as=Table;v=v1;g=meta.k8s.io,application/json");
    expect(body.kind).toBe("Table");
    expect(body.columnDefinitions.map(({ name }: { name: string }) => name)).toEqual([
      "Name",
      "Data",
      "Age",
    ]);
    expect(body.rows[0].cells.slice(0, 2)).toEqual(["a", 1]);
    expect(body.rows[0].object.kind).toBe("PartialObjectMetadata");
  });

  test("a table of one object, with the object and without", async () => {
    const table = "application/json;as=Table;v=v1;g=meta.k8s.io";
    const whole = await accept(table, `${maps}/a?includeObject=Object`);
    expect(whole.body.rows[0].object.data).toEqual({ name: "a" });
    const none = await accept(table, `${maps}/a?includeObject=None`);
    expect(none.body.rows[0].object).toBeNull();
    expect((await accept(table, `${maps}/a?includeObject=x`)).status).toBe(400);
  });

  test("metadata alone", async () => {
    const one = await accept(
      "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
      `${maps}/a`,
    );
    expect([one.body.kind, one.body.data]).toEqual(["PartialObjectMetadata", undefined]);
    const many = await accept("application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io");
    expect([many.body.kind, many.body.items.length]).toEqual(["PartialObjectMetadataList", 5]);
  });

  test("an unknown transform alone is 406, with an alternative it is passed over", async () => {
    const odd = "application/json;as=Foo;v=v1;g=meta.k8s.io";
    expect((await accept(odd)).status).toBe(406);
    expect((await accept(`${odd},application/json`)).body.kind).toBe("ConfigMapList");
  });

  test("pretty for people", async () => {
    expect((await list("?pretty=true")).status).toBe(200);
    const request = new Request(`https://test${maps}/a?pretty=true`);
    const text = await (await harness.app.fetch(request, connection)).text();
    expect(text).toStartWith('{\n  "kind": "ConfigMap"');
  });

  test("a big list is streamed, and compressed when asked", async () => {
    const own = await openHarness();
    const data = { a: "x".repeat(10_000) };
    for (let i = 0; i < 30; i++)
      await ask(own, "POST", maps, { metadata: { name: `m${i}` }, data });
    const plain = await ask(own, "GET", maps);
    expect(plain.body.items).toHaveLength(30);
    const request = new Request(`https://test${maps}`, { headers: { "accept-encoding": "gzip" } });
    const response = await own.app.fetch(request, connection);
    expect(response.headers.get("content-encoding")).toBe("gzip");
    const text = new TextDecoder().decode(gunzipSync(new Uint8Array(await response.arrayBuffer())));
    expect(JSON.parse(text).items).toHaveLength(30);
    await own.close();
  });
});

describe("paths", () => {
  const rows: readonly (readonly [string, string, number])[] = [
    ["GET", "/api/v1/foo", 404],
    ["GET", "/foo", 404],
    ["GET", "/apis/foo/v1", 404],
    ["GET", "/api/v1/namespaces/default/pods/x/foo", 404],
    ["PUT", maps, 405],
    ["POST", `${maps}/a`, 405],
    ["GET", "/api/v1/namespaces/default/configmaps/%zz", 400],
  ];
  for (const [method, path, code] of rows) {
    test(`${method} ${path}`, async () => {
      expect((await ask(harness, method, path, method === "GET" ? undefined : {})).status).toBe(
        code,
      );
    });
  }
  test("health, version and metrics", async () => {
    expect((await ask(harness, "GET", "/livez")).body).toBe("ok");
    expect((await ask(harness, "GET", "/readyz?verbose")).body).toContain("[+]ping ok\n");
    expect((await ask(harness, "GET", "/healthz/ping")).body).toBe("ok");
    expect((await ask(harness, "GET", "/healthz/nothing")).status).toBe(404);
    expect((await ask(harness, "GET", "/version")).body.minor).toBe("37");
    expect((await ask(harness, "GET", "/metrics")).body).toContain("apiserver_request_total{");
  });
});
