import { expect, test } from "bun:test";
import { requestInfo } from "./request-info.ts";

const placeOf = (path: string) => {
  const { group, version, verb, namespace, resource, name, subresource } = requestInfo(
    "GET",
    path,
    undefined,
  );
  return [group, version, verb, namespace, resource, name, subresource].join(" ");
};

test("the longest path that means something is taken apart whole", () => {
  const path = "/apis/g/v/watch/namespaces/n/things/t/status";
  expect(placeOf(path)).toBe("g v watch n things t status");
  expect(placeOf(`${path}/`)).toBe("g v watch n things t status");
  expect(placeOf("/api/v1/namespaces/n/pods/p/proxy/a/b/c/d/e/f/")).toBe(" v1 get n pods p proxy");
});

test("what is beyond is one name that no subresource has", () => {
  const steps = "/a".repeat(400_000);
  const { subresource } = requestInfo("GET", `/api/v1/nodes/n${steps}`, undefined);
  expect(subresource).toBe(steps.slice(1));
});
