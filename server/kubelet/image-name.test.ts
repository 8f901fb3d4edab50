import { expect, test } from "bun:test";
import { imageNameFault } from "./image-name.ts";

test("names with domains, ports, tags and digests are names", () => {
  const digest = `sha256:${"0a".repeat(32)}`;
  for (const name of [
    "busybox",
    "library/busybox:1.37.0-2",
    "localhost:5000/a/b_c/d--e.f:V1",
    `registry.k8s.io/pause@${digest}`,
    `[fd00::1]:5000/x:1@${digest}`,
  ])
    expect(imageNameFault(name)).toBeUndefined();
});

test("what is none says why", () => {
  expect(imageNameFault("Bad/Name:1")).toContain("must be lowercase");
  for (const name of ["", "a b", "a:", "a//b", "-a", "a:1:2", "a@sha256:12"])
    expect(imageNameFault(name)).toBe("invalid reference format");
});
