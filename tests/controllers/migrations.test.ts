/** Migrations of stored objects, one after the other, and what a definition hears of them. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { customresourcedefinitions } from "#gen/api/apiextensions/v1.ts";
import { configmaps } from "#gen/api/core/v1.ts";
import { storageversionmigrations } from "#gen/api/storagemigration/v1.ts";
import { eventually, openPlane, type Plane } from "./plane.ts";

let plane: Plane;
beforeAll(async () => {
  plane = await openPlane();
});
afterAll(() => plane.close());

const migrate = (name: string, group: string, resource: string) =>
  plane.client.create(storageversionmigrations, "", {
    metadata: { name },
    spec: { resource: { group, resource } },
  });

const ended = (name: string) =>
  eventually(
    "its end",
    () => plane.client.get(storageversionmigrations, "", name),
    ({ status }) => status?.conditions?.some(({ type }) => type === "Succeeded") === true,
  );

test("what is stored as it should be is left as it is, and two migrations take turns", async () => {
  const made = await plane.client.create(configmaps, "default", { metadata: { name: "old" } });
  await Promise.all(["first", "second"].map((name) => migrate(name, "", "configmaps")));
  const { status } = await ended("first");
  expect(status?.conditions?.map(({ type, status, reason }) => [type, status, reason])).toEqual([
    ["Running", "False", "MigrationCompleted"],
    ["Succeeded", "True", "StorageVersionMigrationSucceeded"],
  ]);
  expect(status?.resourceVersion).toMatch(/^\d+$/);
  await ended("second");
  const now = await plane.client.get(configmaps, "default", "old");
  expect(now.metadata.resourceVersion).toBe(`${made.metadata.resourceVersion}`);
});

test("a definition forgets versions that nothing is stored in any more", async () => {
  const schema = { openAPIV3Schema: { type: "object" } };
  const version = (name: string, storage: boolean) => ({ name, storage, served: true, schema });
  const definition = await plane.client.create(customresourcedefinitions, "", {
    metadata: { name: "widgets.example.test" },
    spec: {
      group: "example.test",
      scope: "Namespaced",
      names: { plural: "widgets", kind: "Widget" },
      versions: [version("v1", true), version("v2", false)],
    },
  });
  const { name } = definition.metadata;
  const read = () => plane.client.get(customresourcedefinitions, "", name);
  const isEstablished = ({ status }: Awaited<ReturnType<typeof read>>) =>
    status?.conditions?.some(({ type }) => type === "Established") === true;
  await eventually("the definition", read, isEstablished);
  const patch = { spec: { versions: [version("v1", false), version("v2", true)] } };
  const target = { namespace: "", name };
  await plane.client.patch(
    customresourcedefinitions,
    target,
    "application/merge-patch+json",
    patch,
  );
  await eventually(
    "both versions",
    read,
    ({ status }) => status?.storedVersions?.join() === "v1,v2",
  );
  await migrate("widgets", "example.test", "widgets");
  await ended("widgets");
  const { status } = await read();
  expect(status?.storedVersions).toEqual(["v2"]);
  const said = status?.conditions?.find(({ type }) => type === "StorageMigrating");
  expect(said?.message).toBe(
    "The migration has succeeded and the stored versions have been updated",
  );
  expect(plane.complaints).toEqual([]);
});
