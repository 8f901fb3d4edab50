import { describe, expect, test } from "bun:test";
import type { Pod } from "#gen/api/core/v1.ts";
import { identityFault, podFault, refusedPod } from "./pod-checks.ts";

const container = { name: "c", image: "i", resources: { requests: { cpu: "100m" } } };

/** What an API server must not send, but may. */
function pod(spec: object, metadata: object = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "default", uid: "0-1", ...metadata },
    spec: { containers: [container], ...spec },
    status: {},
  } as Pod;
}

describe("podFault", () => {
  test("an ordinary pod has none", () => {
    const mounted = { ...container, volumeMounts: [{ name: "v", mountPath: "/v" }] };
    const volumes = [{ name: "v", emptyDir: {} }];
    expect(identityFault(pod({}))).toBeUndefined();
    expect(podFault(pod({}))).toBeUndefined();
    expect(podFault(pod({ volumes, containers: [mounted] }))).toBeUndefined();
  });

  test("names that would lead out of the agent's directories", () => {
    expect(identityFault(pod({}, { uid: "../../etc" }))).toContain("uid");
    expect(identityFault(pod({}, { name: "../p" }))).toContain("name");
    expect(identityFault(pod({}, { namespace: "a/b" }))).toContain("namespace");
    expect(podFault(pod({ containers: [{ name: "../c" }] }))).toContain("container name");
    expect(podFault(pod({ volumes: [{ name: ".." }] }))).toContain("volume name");
  });

  test("what is not there, twice there, or of another shape", () => {
    expect(podFault(pod({ containers: undefined }))).toBe("no containers");
    expect(podFault(pod({ containers: "many" }))).toContain("lists of containers");
    expect(podFault(pod({ containers: [container, container] }))).toContain("of one name");
    expect(podFault(pod({ containers: [null] }))).toContain("container name");
    expect(podFault({ ...pod({}), spec: undefined } as never)).toBe("no containers");
    const garbage = { ...container, resources: { limits: { memory: "much" } } };
    expect(podFault(pod({ containers: [garbage] }))).toContain('memory "much"');
    const mounts = { ...container, volumeMounts: [{ name: "none", mountPath: "/" }] };
    expect(podFault(pod({ containers: [mounts] }))).toContain("unknown volume");
  });
});

test("a refused pod keeps its identity and says why", () => {
  const { pod: kept, verdict } = refusedPod({ ...pod({}), status: undefined } as never, "fault");
  expect(kept.metadata).toEqual(pod({}).metadata);
  expect(kept.spec.containers).toEqual([]);
  expect(verdict.reason).toBe("UnexpectedAdmissionError");
  expect(verdict.message).toContain("fault");
});
