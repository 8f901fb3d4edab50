/** What a client can tell of the server before any object: answers that were compared with a stock server's. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { openTestServer, type TestServer } from "../security/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
});
afterAll(() => server.close());

const maps = "/api/v1/namespaces/default/configmaps";
const table = "application/json;as=Table;v=v1;g=meta.k8s.io";
const refused = "406: Not Acceptable\n\nAvailable representations: ";
const only = "only the following media types are accepted: ";
const types = "application/json, application/yaml, application/vnd.kubernetes.protobuf";
const streams = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch";

const accepted: readonly (readonly [path: string, accept: string, code: number, says?: string])[] =
  [
    [maps, "application/*", 406, `${refused}${types}, ${streams}`],
    [`${maps}/absent`, "application/*", 406, `${refused}${types}`],
    [maps, "APPLICATION/JSON", 406, `${refused}${types}, ${streams}`],
    [maps, "*/*;q=0", 200],
    [maps, "application/json;q=x", 200],
    [maps, `${table};v=v2`, 406, `${only}${types}`],
    [`${maps}?watch=1`, "application/yaml", 406, `${only}${streams}`],
    ["/apis/apps", "application/*", 200],
    ["/apis/apps", "text/html", 406, `${only}${types}`],
    ["/version", "application/yaml", 406, `${refused}application/json`],
  ];

const words = (text: string): string => text.replace(/\s+/g, " ");

for (const [path, accept, code, says = ""] of accepted)
  test(`GET ${path} as ${accept}`, async () => {
    const { code: got, body } = await server.ask({ path, headers: { accept } });
    expect(got).toBe(code);
    const said = typeof body === "string" ? body : (body.message ?? "");
    expect(words(said)).toContain(words(says));
  });

const asked: readonly (readonly [ask: string, code: number])[] = [
  ["POST /api", 405],
  ["HEAD /api/v1", 405],
  ["OPTIONS /version", 405],
  ["POST /apis", 200],
  ["DELETE /healthz", 200],
  ["GET /healthz/", 404],
  ["GET /metrics/slis", 200],
  ["GET /version/x", 404],
  ["GET /api/v1/pods/x/status", 404],
  ["GET /api/v1/namespaces/default/nodes", 404],
  ["GET /api/v1/namespaces//pods", 200],
  [`GET ${maps}/a%2Fb`, 404],
  [`GET ${maps}/%25x`, 400],
  [`GET ${maps}?timeout=x`, 400],
  [`GET ${maps}?timeout=1`, 400],
  [`GET ${maps}?timeout=1m30s`, 200],
  [`GET ${maps}?continue=x`, 400],
  [`DELETE ${maps}?ignoreStoreReadErrorWithClusterBreakingPotential=true`, 422],
  ["PATCH /api/v1/namespaces/default/finalize", 405],
];

test.each(asked)("%s: %i", async (ask, code) => {
  const [method = "", path = ""] = ask.split(" ");
  const { code: got, headers } = await server.ask({ method, path });
  expect(got).toBe(code);
  expect(headers.get("audit-id")).not.toBeNull();
});

test("a group that is not ours is answered by a page, not by a Status", async () => {
  const { code, body } = await server.ask({ path: "/apis/nope.example.com/v1/foos" });
  expect([code, body]).toEqual([404, "404 page not found\n"]);
  const { body: known } = await server.ask({ path: "/apis/apps/v9/foos" });
  expect(known).toMatchObject({ kind: "Status", reason: "NotFound" });
});

test("a list of any version comes whole", async () => {
  for (const name of ["a", "b"]) await server.ask({ path: maps, body: { metadata: { name } } });
  const { body } = await server.ask({ path: `${maps}?limit=1&resourceVersion=0` });
  expect(body.items).toHaveLength(2);
  const { body: page } = await server.ask({ path: `${maps}?limit=1` });
  expect(page.items).toHaveLength(1);
});
