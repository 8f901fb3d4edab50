/** Custom resources: served by the generic path from the moment their definition is established until it goes. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { openWatchCache } from "#storage/cache.ts";
import { ask, type Harness, openHarness } from "./harness.ts";
import { openWatch } from "./watching.ts";

let harness: Harness;
beforeAll(async () => {
  harness = await openHarness();
});
afterAll(() => harness.close());

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const mergePatch = { "content-type": "application/merge-patch+json" };
const get = (path: string, headers = {}) => ask(harness, "GET", path, undefined, headers);
const post = (path: string, body: object) => ask(harness, "POST", path, body);
const patch = (path: string, body: object) => ask(harness, "PATCH", path, body, mergePatch);

const schema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      required: ["size"],
      properties: {
        size: { type: "integer", minimum: 1 },
        color: { type: "string", default: "red", enum: ["red", "blue"] },
        replicas: { type: "integer" },
      },
    },
    status: { type: "object", properties: { replicas: { type: "integer" } } },
  },
};

function definition(plural: string, kind: string, more: object = {}): object {
  const version = {
    name: "v1",
    served: true,
    storage: true,
    schema: { openAPIV3Schema: schema },
    subresources: {
      status: {},
      scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" },
    },
    additionalPrinterColumns: [{ name: "Size", type: "integer", jsonPath: ".spec.size" }],
    selectableFields: [{ jsonPath: ".spec.color" }],
  };
  const open = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const beta = { name: "v1beta1", served: true, storage: false, deprecated: true };
  return {
    metadata: { name: `${plural}.test.example.com` },
    spec: {
      group: "test.example.com",
      scope: "Namespaced",
      names: { plural, kind, shortNames: [plural.slice(0, 2)] },
      versions: [version, { ...beta, schema: { openAPIV3Schema: open } }],
      ...more,
    },
  };
}

/** Creates a definition and waits until it says that it is established. */
async function establish(body: object): Promise<void> {
  const { body: made, status } = await post(definitions, body);
  expect(status).toBe(201);
  const { name, resourceVersion } = made.metadata;
  const query = `?watch=true&fieldSelector=metadata.name%3D${name}&resourceVersion=${resourceVersion}`;
  const watch = await openWatch(harness, definitions + query);
  const established = (object: { status?: { conditions?: { type: string; status: string }[] } }) =>
    object.status?.conditions?.some((it) => it.type === "Established" && it.status === "True");
  for (let seen = await watch.next(); seen !== undefined; seen = await watch.next()) {
    if (established(seen.object)) break;
  }
  await watch.close();
}

const group = "/apis/test.example.com/v1";
const things = `${group}/namespaces/default/things`;

describe("a definition", () => {
  beforeAll(() => establish(definition("things", "Thing")));

  test("is found by discovery in both forms", async () => {
    const { body } = await get(group);
    expect(body.resources.map(({ name }: { name: string }) => name)).toEqual([
      "things",
      "things/status",
      "things/scale",
    ]);
    const accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    const { items } = (await get("/apis", { accept })).body;
    const ours = items.find(
      ({ metadata }: { metadata: { name: string } }) => metadata.name === "test.example.com",
    );
    expect(ours.versions.map(({ version }: { version: string }) => version)).toEqual([
      "v1",
      "v1beta1",
    ]);
  });

  test("publishes its schema in OpenAPI v2 and v3", async () => {
    const v2 = (await get("/openapi/v2")).body;
    const { properties } = v2.definitions["com.example.test.v1.Thing"];
    expect(properties.spec.properties.color).toEqual({ type: "string", enum: ["red", "blue"] });
    const v3 = (await get("/openapi/v3/apis/test.example.com/v1")).body;
    const shown = v3.components.schemas["com.example.test.v1.Thing"];
    expect(shown.properties.spec.properties.color.default).toBe("red");
    expect(shown["x-kubernetes-group-version-kind"]).toEqual([
      { group: "test.example.com", kind: "Thing", version: "v1" },
    ]);
    expect(Object.keys(v3.paths)).toContain(
      "/apis/test.example.com/v1/namespaces/{namespace}/things/{name}/scale",
    );
  });

  test("prunes, defaults and validates what is written", async () => {
    const body = { metadata: { name: "a" }, spec: { size: 3, hidden: 1 }, status: { replicas: 9 } };
    const made = await post(things, body);
    expect(made.status).toBe(201);
    expect(made.body.spec).toEqual({ size: 3, color: "red" });
    expect([made.body.status, made.body.metadata.generation]).toEqual([undefined, 1]);
    expect(made.headers.get("warning")).toContain('unknown field \\"spec.hidden\\"');
    expect((await post(`${things}?fieldValidation=Strict`, body)).status).toBe(400);
    const bad = await post(things, { metadata: { name: "b" }, spec: { size: 0, color: "green" } });
    expect(bad.status).toBe(422);
    expect(bad.body.details.causes.map(({ field }: { field: string }) => field)).toEqual([
      "spec.size",
      "spec.color",
    ]);
    const kind = await post(things, { kind: "Other", metadata: { name: "b" }, spec: { size: 1 } });
    expect([kind.status, kind.body.details.causes[0].field]).toEqual([422, "kind"]);
  });

  test("keeps status and scale apart from the rest", async () => {
    const status = await patch(`${things}/a/status`, {
      status: { replicas: 2 },
      spec: { size: 7 },
    });
    expect([status.body.spec.size, status.body.status.replicas]).toEqual([3, 2]);
    expect((await get(`${things}/a/scale`)).status).toBe(500);
    const scaled = await patch(`${things}/a/scale`, { spec: { replicas: 4 } });
    expect([scaled.body.spec.replicas, scaled.body.status.replicas]).toEqual([4, 2]);
    expect((await get(`${things}/a`)).body.metadata.generation).toBe(2);
  });

  test("is read in every served version, from the same objects", async () => {
    const { body, headers } = await get(
      "/apis/test.example.com/v1beta1/namespaces/default/things/a",
    );
    expect([body.apiVersion, body.spec.size]).toEqual(["test.example.com/v1beta1", 3]);
    expect(headers.get("warning")).toContain("test.example.com/v1beta1 Thing is deprecated");
  });

  test("speaks JSON and YAML, protobuf only of metadata", async () => {
    const protobuf = "application/vnd.kubernetes.protobuf";
    expect((await get(`${things}/a`, { accept: protobuf })).status).toBe(406);
    const metadata = `${protobuf};as=PartialObjectMetadata;g=meta.k8s.io;v=v1`;
    expect((await get(`${things}/a`, { accept: metadata })).status).toBe(200);
    const asYaml = await get(`${things}/a`, { accept: "application/yaml" });
    expect(asYaml.body).toContain("kind: Thing");
    const strategic = { "content-type": "application/strategic-merge-patch+json" };
    expect((await ask(harness, "PATCH", `${things}/a`, {}, strategic)).status).toBe(415);
  });

  test("selects by its own fields and shows its own columns", async () => {
    await post(things, { metadata: { name: "blue" }, spec: { size: 1, color: "blue" } });
    const { items } = (await get(`${things}?fieldSelector=spec.color%3Dblue`)).body;
    expect(items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual([
      "blue",
    ]);
    expect((await get(`${things}?fieldSelector=spec.size%3D1`)).status).toBe(400);
    const accept = "application/json;as=Table;g=meta.k8s.io;v=v1";
    const { rows, columnDefinitions } = (await get(things, { accept })).body;
    expect(columnDefinitions.map(({ name }: { name: string }) => name)).toEqual(["Name", "Size"]);
    expect(rows.map(({ cells }: { cells: unknown[] }) => cells)).toEqual([
      ["a", 3],
      ["blue", 1],
    ]);
  });

  test("a default that comes later shows on what was stored before", async () => {
    const crd = (await get(`${definitions}/things.test.example.com`)).body;
    crd.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.late = {
      type: "string",
      default: "here",
    };
    expect((await ask(harness, "PUT", `${definitions}/${crd.metadata.name}`, crd)).status).toBe(
      200,
    );
    expect((await get(`${things}/a`)).body.spec.late).toBe("here");
  });
});

test("another server over the same store serves it at once", async () => {
  const cache = await openWatchCache(harness.storage, {});
  const other = await openHarness({ cache });
  try {
    await establish(definition("shared", "Shared"));
    const path = `${group}/namespaces/default/shared`;
    const body = { metadata: { name: "x" }, spec: { size: 1 } };
    expect((await ask(other, "POST", path, body)).status).toBe(201);
    expect((await get(`${path}/x`)).status).toBe(200);
  } finally {
    await other.close();
  }
});

test("names that another definition holds are not accepted until they are free", async () => {
  await establish(definition("firsts", "First"));
  const late = definition("seconds", "First");
  await post(definitions, late);
  expect((await get(`${group}/namespaces/default/seconds`)).status).toBe(404);
  const watch = await openWatch(
    harness,
    `${definitions}?watch=true&fieldSelector=metadata.name%3Dseconds.test.example.com`,
  );
  await ask(harness, "DELETE", `${definitions}/firsts.test.example.com`);
  let established = false;
  while (!established) {
    const seen = await watch.next();
    const conditions: { type: string; status: string }[] = seen?.object.status?.conditions ?? [];
    established = conditions.some((it) => it.type === "Established" && it.status === "True");
  }
  await watch.close();
  expect((await get(`${group}/namespaces/default/seconds`)).status).toBe(200);
});

test("a deletion waits for instances, refuses new ones and ends watches", async () => {
  await establish(definition("goners", "Goner"));
  const path = `${group}/namespaces/default/goners`;
  const held = { name: "held", finalizers: ["example.com/hold"] };
  await post(path, { metadata: held, spec: { size: 1 } });
  await post(path, { metadata: { name: "free" }, spec: { size: 1 } });
  const watch = await openWatch(harness, `${path}?watch=true&resourceVersion=0`);
  expect((await watch.take(2)).sort()).toEqual(["ADDED free", "ADDED held"]);
  const gone = await ask(harness, "DELETE", `${definitions}/goners.test.example.com`);
  expect(gone.body.metadata.finalizers).toEqual(["customresourcecleanup.apiextensions.k8s.io"]);
  expect((await watch.take(2)).sort()).toEqual(["DELETED free", "MODIFIED held"]);
  const refused = await post(path, { metadata: { name: "new" }, spec: { size: 1 } });
  expect(refused.body.message).toBe(
    'goners.test.example.com "new" is forbidden: create not allowed while custom resource definition is terminating',
  );
  await patch(`${path}/held`, { metadata: { finalizers: null } });
  expect(await watch.take(1)).toEqual(["DELETED held"]);
  expect(await watch.next()).toBeUndefined();
  expect((await get(path)).status).toBe(404);
  expect((await get(`${definitions}/goners.test.example.com`)).status).toBe(404);
});

test("selectable fields stand in the schema, beside it", async () => {
  const fields = (jsonPath: string) => ({ selectableFields: [{ jsonPath }] });
  const open = { type: "object", properties: { spec: schema.properties.spec } };
  const version = { name: "v1", served: true, storage: true, schema: { openAPIV3Schema: open } };
  const causesOf = async (...versions: object[]) => {
    const { status, body } = await post(
      `${definitions}?dryRun=All`,
      definition("picks", "Pick", { versions }),
    );
    expect(status).toBe(422);
    return body.details.causes.map(({ message }: { message: string }) => message);
  };
  expect(await causesOf({ ...version, ...fields(".spec.nope") })).toEqual([
    'Invalid value: ".spec.nope": is an invalid path: does not refer to a valid field',
  ]);
  const other = { ...version, name: "v2", storage: false, ...fields(".spec.size") };
  expect(await causesOf({ ...version, ...fields(".spec.color") }, other)).toEqual(
    Array(2).fill(
      'Invalid value: "": may only be set when `version.schema.openAPIV3Schema` is not included',
    ),
  );
});

test("lists say of each item what it is, a Scale needs no version, managers of other versions stay", async () => {
  await establish(definition("tubes", "Tube"));
  const tubes = "/apis/test.example.com/v1/namespaces/default/tubes";
  const apply = (path: string, manager: string, body: object) =>
    ask(harness, "PATCH", `${path}/one?fieldManager=${manager}`, body, {
      "content-type": "application/apply-patch+yaml",
    });
  const tube = (version: string, spec: object) => ({
    apiVersion: `test.example.com/${version}`,
    kind: "Tube",
    metadata: { name: "one" },
    spec,
  });
  await apply(tubes, "a", tube("v1", { size: 1 }));
  const older = tubes.replace("/v1/", "/v1beta1/");
  const { body: applied } = await apply(older, "b", tube("v1beta1", { color: "red" }));
  const managers = applied.metadata.managedFields.map(
    ({ manager }: { manager: string }) => manager,
  );
  expect(managers.sort()).toEqual(["a", "b"]);
  const { body: list } = await get(tubes);
  expect(list.items[0]).toMatchObject({ apiVersion: "test.example.com/v1", kind: "Tube" });
  expect(list.metadata.continue).toBe("");
  const scale = { apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name: "one" } };
  const put = (replicas: number) =>
    ask(harness, "PUT", `${tubes}/one/scale`, { ...scale, spec: { replicas } });
  expect((await put(3)).body.spec).toEqual({ replicas: 3 });
  expect((await put(-3)).body.details).toMatchObject({
    kind: "Tube",
    causes: [{ field: ".spec.replicas" }],
  });
  expect((await get(`${tubes}/one/nope`)).body.message).toBe(
    'tubes.test.example.com "one" not found',
  );
});
