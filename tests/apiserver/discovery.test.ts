/** W2 to W6: discovery and OpenAPI, against upstream's own answers. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ask, connection, type Harness, openHarness } from "./harness.ts";

const facts = (file: string) =>
  JSON.parse(readFileSync(join(import.meta.dirname, "../../proto/facts/discovery", file), "utf8"));

let harness: Harness;
beforeAll(async () => {
  harness = await openHarness();
});
afterAll(() => harness.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  ask(harness, "GET", path, undefined, headers);
const aggregated = (version: string) => ({
  accept: `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList,application/json`,
});

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);

/** The facts leave null timestamps out. */
function bare(list: { items: { metadata: { creationTimestamp?: null } }[] }): object {
  for (const { metadata } of list.items) delete metadata.creationTimestamp;
  return list;
}

describe("legacy", () => {
  for (const [path, file] of [
    ["/api/v1", "legacy-api-v1.json"],
    ["/apis/apps/v1", "legacy-apps-v1.json"],
  ] as const) {
    test(path, async () => {
      const { body } = await get(path);
      expect(body.resources.sort(byName)).toEqual(facts(file).resources.sort(byName));
      expect([body.kind, body.groupVersion]).toEqual(["APIResourceList", facts(file).groupVersion]);
    });
  }
  test("/apis names groups and versions in upstream's order", async () => {
    const { body } = await get("/apis");
    expect(body.groups).toEqual(facts("legacy-apis.json").groups);
  });
  test("/api and /apis/G", async () => {
    expect((await get("/api")).body.versions).toEqual(["v1"]);
    const { body } = await get("/apis/autoscaling");
    expect(body.preferredVersion).toEqual({ groupVersion: "autoscaling/v2", version: "v2" });
    expect((await get("/apis/nothing")).status).toBe(404);
  });
});

describe("aggregated", () => {
  for (const path of ["/api", "/apis"]) {
    test(path, async () => {
      const { body, headers } = await get(path, aggregated("v2"));
      const expected = facts(`${path.slice(1)}.json`);
      expect(bare(body)).toMatchObject({ kind: "APIGroupDiscoveryList", items: expected.items });
      expect(headers.get("content-type")).toBe(
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
      );
    });
  }
  test("of v2beta1 alone upstream has nothing left", async () => {
    const { body } = await get("/apis", aggregated("v2beta1"));
    expect(body.kind).toBe("APIGroupList");
  });
  test("an ETag answers 304", async () => {
    const etag = (await get("/apis", aggregated("v2"))).headers.get("etag") ?? "";
    const again = await get("/apis", { ...aggregated("v2"), "if-none-match": etag });
    expect([again.status, again.body]).toEqual([304, ""]);
  });
});

describe("OpenAPI", () => {
  const raw = (path: string, accept: string) => {
    const request = new Request(`https://test${path}`, { headers: { accept } });
    return harness.app.fetch(request, connection);
  };
  test("the v3 index leads to documents that never change under their hash", async () => {
    const { body } = await get("/openapi/v3");
    // Upstream calls its index plain text.
    const { serverRelativeURL } = JSON.parse(body).paths["apis/apps/v1"];
    const { body: document, headers } = await get(serverRelativeURL);
    expect(headers.get("cache-control")).toBe("public, immutable");
    const patch = document.paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"].patch;
    const names = patch.parameters.map(({ name }: { name: string }) => name);
    expect(names).toContain("fieldValidation");
    const etag = headers.get("etag") ?? "";
    expect((await get(serverRelativeURL, { "if-none-match": etag })).status).toBe(304);
    expect((await get("/openapi/v3/apis/apps/v1?hash=0")).status).toBe(301);
    expect((await get("/openapi/v3/apis/nothing")).status).toBe(404);
  });
  test("types and fields are described, in both versions", async () => {
    const { body: v3 } = await get("/openapi/v3/api/v1");
    const pod = v3.components.schemas["io.k8s.api.core.v1.Pod"];
    expect(pod.description).toMatch(/containers/);
    expect(pod.properties.apiVersion.description).toMatch(/schema/);
    const { body: v2 } = await get("/openapi/v2");
    expect(v2.definitions["io.k8s.api.core.v1.Pod"].description).toBe(pod.description);
  });
  test("both versions in protobuf", async () => {
    const v2 = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";
    const answer = await raw("/openapi/v2", v2);
    expect(answer.headers.get("content-type")).toBe(v2.replace("@", "."));
    expect((await answer.bytes()).length).toBeGreaterThan(500_000);
    const v3 = "application/com.github.proto-openapi.spec.v3@v1.0+protobuf";
    expect((await raw("/openapi/v3/apis/apps/v1", v3)).status).toBe(200);
    expect((await raw("/openapi/v2", "text/x")).status).toBe(406);
  });
});
