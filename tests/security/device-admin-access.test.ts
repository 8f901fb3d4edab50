/** Who may ask for devices that others use: claims and templates of namespaces that are marked for it. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { namespaces } from "#gen/api/core/v1.ts";
import { put } from "./cluster.ts";
import { openTestServer, type TestServer } from "./server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
  for (const [name, labels] of [
    ["plain", {}],
    ["admin", { "resource.kubernetes.io/admin-access": "true" }],
  ] as const) {
    const metadata = { name, labels };
    await put(server.cache, namespaces, {
      apiVersion: "v1",
      kind: "Namespace",
      metadata,
      status: { phase: "Active" },
    } as never);
  }
});
afterAll(() => server.close());

const request = (name: string, adminAccess?: boolean) => ({
  name,
  exactly: { deviceClassName: "c.example.test", ...(adminAccess ? { adminAccess } : {}) },
});
const spec = { devices: { requests: [request("a"), request("b", true)] } };
const apiVersion = "resource.k8s.io/v1";
const claim = { apiVersion, kind: "ResourceClaim", metadata: { name: "c" }, spec };
const template = {
  apiVersion,
  kind: "ResourceClaimTemplate",
  metadata: { name: "c" },
  spec: { spec },
};

for (const [resource, body] of [
  ["resourceclaims", claim],
  ["resourceclaimtemplates", template],
] as const) {
  const create = (namespace: string, object: object) =>
    server.ask({
      path: `/apis/resource.k8s.io/v1/namespaces/${namespace}/${resource}?dryRun=All`,
      body: object,
    });

  test(`${resource}: refused without the namespace's label, at the first request that asks`, async () => {
    const refused = await create("plain", body);
    expect(refused.code).toBe(422);
    expect(refused.body.details.causes).toEqual([
      {
        reason: "FieldValueForbidden",
        message:
          "Forbidden: admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace",
        field: "spec.devices.requests[1].adminAccess",
      },
    ]);
  });

  test(`${resource}: taken with it`, async () => {
    expect((await create("admin", body)).code).toBe(201);
  });
}
