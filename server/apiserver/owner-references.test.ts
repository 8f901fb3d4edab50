/** Double owners: dropped, and looked for in time that grows with their number alone. */
import { expect, test } from "bun:test";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Call } from "./call.ts";
import { dropDoubleOwners } from "./owner-references.ts";

const owner = (at: number) => ({ apiVersion: "v1", kind: "Pod", name: `p${at}`, uid: `u${at}` });

function dropped(owners: NonNullable<KubeObject["metadata"]["ownerReferences"]>) {
  const warnings: string[] = [];
  const object: KubeObject = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "x", ownerReferences: owners },
  };
  // Nothing else of a call is looked at.
  dropDoubleOwners({ warnings } as unknown as Call, object);
  return { names: object.metadata.ownerReferences?.map(({ name }) => name), warnings };
}

test("what is named twice stays once; what differs in anything stays", () => {
  const held = { ...owner(1), controller: true };
  const { names, warnings } = dropped([owner(1), { ...owner(2) }, held, { ...owner(2) }]);
  expect(names).toEqual(["p1", "p2", "p1"]);
  expect(warnings[0]).toEndWith("duplicate UID(s) observed: u2");
});

test("of 30 000 each is looked at once", () => {
  let reads = 0;
  const owners = Array.from({ length: 30_000 }, (_, at) =>
    Object.defineProperty(owner(at), "uid", {
      enumerable: true,
      get: () => `u${reads++}`,
    }),
  );
  expect(dropped(owners).names).toHaveLength(30_000);
  expect(reads).toBeLessThan(100_000);
});
