/** Levels and versions of the Pod Security Standards, in upstream's own words. */
import { expect, test } from "bun:test";
import { told } from "#apiserver/admission/pod-security.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import { create, resourceOfPath } from "#tests/resources/pipeline.ts";
import { readSecuredCases } from "./secured-cases.ts";

const cases = readSecuredCases();
const pods = resourceOfPath("/api/v1/namespaces/default/pods");

test("many cases were recorded, of both levels, many versions, some that pass", () => {
  expect(cases.length).toBeGreaterThan(400);
  expect(new Set(cases.map(({ level }) => level)).size).toBe(2);
  expect(new Set(cases.map(({ version }) => version)).size).toBeGreaterThan(20);
  expect(cases.filter(({ said }) => said === "").length).toBeGreaterThan(20);
});

test("what is said of each pod is what upstream says", () => {
  const wrong = cases.flatMap(({ level, version, pod, said }) => {
    // A valid pod: the stock server took it.
    const made = create(pods, pod).object as Pod | undefined;
    const ours = made && (told({ level, version }, made) ?? "");
    return ours === said ? [] : [{ level, version, pod, want: said, got: ours }];
  });
  expect(wrong).toEqual([]);
});
