/** pods/resize through the whole server: what may change, and what its node and namespace allow. Verdicts as upstream gives them. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { limitranges, nodes } from "#gen/api/core/v1.ts";
import { put } from "./cluster.ts";
import { openTestServer, type TestServer } from "./server.ts";

const base = "/api/v1/namespaces/default/pods";
const strategic = { "content-type": "application/strategic-merge-patch+json" };
const asked = (cpu: string, memory: string) => ({ cpu, memory });
const burstable = { requests: asked("100m", "64Mi"), limits: asked("200m", "128Mi") };
const initContainers = [{ name: "i", image: "x", resources: { requests: { cpu: "1m" } } }];
let server: TestServer;

const node = (name: string, os: string, declaredFeatures: string[]) =>
  put(server.cache, nodes, {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/os": os } },
    spec: {},
    status: { allocatable: { cpu: "4", memory: "4Gi", pods: "10" }, declaredFeatures },
  } as never);

async function create(name: string, spec: object, metadata: object = {}): Promise<void> {
  const containers = [{ name: "c", image: "x", resources: burstable }];
  const body = { metadata: { name, ...metadata }, spec: { containers, ...spec } };
  const { code, body: answer } = await server.ask({ path: base, body });
  if (code !== 201) throw new Error(JSON.stringify(answer));
}

const patch = (name: string, spec: object, subresource = "resize") =>
  server.ask({
    method: "PATCH",
    path: `${base}/${name}/${subresource}`,
    headers: strategic,
    body: { spec },
  });
const container = (resources: object, more: object = {}) => ({
  containers: [{ name: "c", resources, ...more }],
});
const init = (resources: object) => ({ initContainers: [{ name: "i", resources }] });

beforeAll(async () => {
  server = await openTestServer();
  await node("plain", "linux", []);
  await node("windows", "windows", []);
  await node("able", "linux", [
    "InPlacePodLevelResourcesVerticalScaling",
    "InPlacePodVerticalScalingInitContainers",
  ]);
  const resources = { requests: { cpu: "500m" }, limits: { cpu: "1" } };
  await create("a", { nodeName: "plain", initContainers });
  await create("on-windows", { nodeName: "windows" });
  await create("for-windows", { os: { name: "windows" } });
  await create("able", { nodeName: "able", initContainers });
  await create("levels", { nodeName: "able", resources });
  await create("unbound", {});
});
afterAll(() => server.close());

test("cpu and memory change, and the generation with them; the rest is as it was", async () => {
  const spec = container({ requests: { cpu: "150m" } }, { image: "y" });
  const { code, body } = await patch("a", spec);
  expect(code).toBe(200);
  expect(body.spec.containers[0]).toMatchObject({
    image: "x",
    resources: { requests: asked("150m", "64Mi"), limits: asked("200m", "128Mi") },
  });
  expect(body.metadata.generation).toBe(2);
  const got = await server.ask({ path: `${base}/a/resize` });
  expect(got.body.metadata.generation).toBe(2);
});

const forbidden = "FieldValueForbidden";
const whole = asked("200m", "128Mi");
const invalid: readonly (readonly [string, string, object, readonly (readonly string[])[]])[] = [
  [
    "a limit goes",
    "a",
    container({ limits: { cpu: null } }),
    [[forbidden, "spec.containers[0].resources.limits"]],
  ],
  [
    "the class of service changes",
    "unbound",
    container({ requests: whole }),
    [["FieldValueInvalid", "spec"]],
  ],
  [
    "another resource",
    "a",
    container({ requests: { "ephemeral-storage": "1Gi" } }),
    [[forbidden, "spec"]],
  ],
  [
    "another container",
    "a",
    { containers: [{ name: "d", image: "x" }] },
    [[forbidden, "spec.containers"]],
  ],
  ["a pod for Windows", "for-windows", container({ requests: { cpu: "1m" } }), [[forbidden, "[]"]]],
  [
    "a pod-level limit of another resource",
    "levels",
    { resources: { limits: { "hugepages-2Mi": "2Mi" }, requests: { "hugepages-2Mi": "2Mi" } } },
    [[forbidden, "spec"]],
  ],
];
for (const [name, pod, spec, causes] of invalid) {
  test(`422: ${name}`, async () => {
    const { code, body } = await patch(pod, spec);
    expect(code).toBe(422);
    const seen = body.details.causes.map(({ reason, field }: Record<string, string>) => [
      reason,
      field,
    ]);
    expect(seen).toEqual(causes);
  });
}

describe("the node", () => {
  test("must be Linux", async () => {
    const { code, body } = await patch("on-windows", container({ requests: { cpu: "1m" } }));
    expect([code, body.details.causes]).toEqual([403, [{ reason: "UnsupportedPlatform" }]]);
  });
  test("must be able to hold the pod", async () => {
    const { code, body } = await patch(
      "a",
      container({ limits: { cpu: "6" }, requests: { cpu: "5" } }),
    );
    expect([code, body.details.causes]).toEqual([403, [{ reason: "NodeCapacity" }]]);
    expect(body.message).toContain("cpu, requested: 5000, allocatable: 4000");
  });
  test("must have declared that it resizes init containers and whole pods", async () => {
    const resize = init({ requests: { cpu: "2m" } });
    const { code, body } = await patch("a", resize);
    expect([code, body.message]).toEqual([
      403,
      'pods "a" is forbidden: pod update requires features InPlacePodVerticalScalingInitContainers which are not available on node "plain"',
    ]);
    expect((await patch("able", resize)).code).toBe(200);
    expect((await patch("levels", { resources: { requests: { cpu: "600m" } } })).code).toBe(200);
  });
  test("is not asked before there is one", async () => {
    const huge = container({ requests: { cpu: "50" }, limits: { cpu: "60" } });
    expect((await patch("unbound", huge)).code).toBe(200);
  });
  test("that tells nothing of a running container's resources does not resize", async () => {
    const state = { running: { startedAt: "2026-01-01T00:00:00Z" } };
    const status = { name: "c", image: "x", imageID: "", ready: true, restartCount: 0, state };
    await server.ask({
      method: "PATCH",
      path: `${base}/able/status`,
      headers: strategic,
      body: { status: { containerStatuses: [status] } },
    });
    const { code, body } = await patch("able", container({ requests: { cpu: "120m" } }));
    expect([code, body.message]).toEqual([
      422,
      'Pod "able" is invalid: spec: Forbidden: Pod running on node without support for resize',
    ]);
  });
});

test("a limit range bounds a resize too", async () => {
  await put(server.cache, limitranges, {
    apiVersion: "v1",
    kind: "LimitRange",
    metadata: { name: "bounds", namespace: "default" },
    spec: { limits: [{ type: "Container", max: { cpu: "250m" } }] },
  } as never);
  const { code, body } = await patch("a", container({ limits: { cpu: "300m" } }));
  expect(code).toBe(403);
  expect(body.message).toContain("maximum cpu usage per Container is 250m");
});

test("ephemeral containers are judged as every container is", async () => {
  const { code, body } = await patch(
    "unbound",
    { ephemeralContainers: [{ name: "c", image: "x", ports: [{ containerPort: 1 }] }] },
    "ephemeralcontainers",
  );
  expect(code).toBe(422);
  const fields = body.details.causes.map(({ field }: { field: string }) => field);
  expect(fields).toContain("spec.ephemeralContainers[0].name");
  expect(fields).toContain("spec.ephemeralContainers[0].ports");
});
