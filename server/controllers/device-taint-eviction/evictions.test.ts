import { expect, test } from "bun:test";
import type { Pod } from "#gen/api/core/v1.ts";
import type {
  DeviceTaintRule,
  DeviceToleration,
  ResourceClaim,
  ResourceSlice,
} from "#gen/api/resource/v1.ts";
import { currentSlices, podEviction } from "./evictions.ts";
import { reconcile } from "./reconcile.ts";
import { reconcileRule } from "./rule-status.ts";

const now = new Date("2026-01-01T00:01:00Z");
const timeAdded = "2026-01-01T00:00:00Z";
const apiVersion = "resource.k8s.io/v1";

function rule(selector: object | undefined, effect: "NoExecute" | "None" = "NoExecute") {
  const taint = { key: "broken", effect, timeAdded };
  const metadata = { name: "r", uid: "rule", generation: 1 };
  const spec = { taint, ...(selector === undefined ? {} : { deviceSelector: selector }) };
  return { apiVersion, kind: "DeviceTaintRule", metadata, spec, status: {} } as DeviceTaintRule;
}

function slice(generation: number, isTainted: boolean): ResourceSlice {
  const taints = isTainted ? [{ key: "own", effect: "NoExecute" as const, timeAdded }] : [];
  return {
    apiVersion,
    kind: "ResourceSlice",
    metadata: { name: `s${generation}` },
    spec: {
      driver: "d",
      pool: { name: "p", generation, resourceSliceCount: 1 },
      devices: [{ name: "x", taints }],
    },
  };
}

function claim(tolerations: DeviceToleration[], user = "pod"): ResourceClaim {
  const result = { request: "r", driver: "d", pool: "p", device: "x", tolerations };
  return {
    apiVersion,
    kind: "ResourceClaim",
    metadata: { name: "c", namespace: "n" },
    spec: {},
    status: {
      allocation: { devices: { results: [result] } },
      reservedFor: [{ resource: "pods", name: "user", uid: user }],
    },
  };
}

const pod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "user", namespace: "n", uid: "pod" },
  spec: {
    containers: [],
    nodeName: "n1",
    resourceClaims: [{ name: "one", resourceClaimName: "c" }],
  },
  status: {},
};

function endOf(
  around: { slices?: ResourceSlice[]; rules?: DeviceTaintRule[]; claim?: ResourceClaim },
  user = pod,
): string | undefined {
  const { slices = [], rules = [], claim: own = claim([]) } = around;
  return podEviction(user, () => own, { slices, rules, now })?.at.toISOString();
}

const since = "2026-01-01T00:00:00.000Z";

test("a taint of a device or of a rule ends its users", () => {
  expect(endOf({ slices: [slice(1, true)] })).toBe(since);
  expect(endOf({ rules: [rule({})] })).toBe(since);
  expect(endOf({ rules: [rule({ driver: "d", pool: "p", device: "x" })] })).toBe(since);
  expect(endOf({ rules: [rule({ device: "y" })] })).toBeUndefined();
  expect(endOf({ rules: [rule(undefined)] })).toBeUndefined();
  expect(endOf({ rules: [rule({}, "None")] })).toBeUndefined();
});

test("only the newest generation of a pool counts", () => {
  expect(currentSlices([slice(1, true), slice(2, false)]).map((it) => it.metadata.name)).toEqual([
    "s2",
  ]);
});

test("pods that do not have the devices stay", () => {
  const rules = [rule({})];
  expect(endOf({ rules, claim: claim([], "another") })).toBeUndefined();
  const waiting = { ...pod, spec: { ...pod.spec, nodeName: "" } };
  expect(endOf({ rules }, waiting)).toBeUndefined();
});

test("a toleration gives time, the shortest counts, and without a limit it is for ever", () => {
  const rules = [rule({})];
  const tolerated = (...tolerations: DeviceToleration[]) =>
    endOf({ rules, claim: claim(tolerations) });
  const effect = "NoExecute";
  expect(tolerated({ effect, operator: "Exists" })).toBeUndefined();
  expect(tolerated({ effect, operator: "Exists", tolerationSeconds: 90 })).toBe(
    "2026-01-01T00:01:30.000Z",
  );
  expect(tolerated({ effect, key: "other", operator: "Exists" })).toBe(since);
  expect(tolerated({ operator: "Exists" })).toBe(since);
  expect(
    tolerated(
      { effect, operator: "Exists", tolerationSeconds: 90 },
      { effect, key: "broken", operator: "Equal", tolerationSeconds: 5 },
    ),
  ).toBe("2026-01-01T00:00:05.000Z");
});

test("what was to go and may stay is told so", () => {
  const [effect] = reconcile(pod, undefined, { now, wasPending: true });
  expect(effect).toMatchObject({ effect: "event", message: "Cancelling deletion" });
  expect(reconcile(pod, undefined, { now, wasPending: false })).toEqual([]);
});

test("a rule tells who is to go, and is written at most every ten seconds", () => {
  const counts = {
    pods: 2,
    namespaces: 1,
    publishedDevices: 1,
    allocatedDevices: 0,
    evictedPods: 1,
  };
  const conditionOf = (it: DeviceTaintRule) =>
    JSON.stringify(reconcileRule(it, () => counts, { manager: "m", now }));
  expect(conditionOf(rule({}))).toContain(
    "2 pods need to be evicted in 1 namespace. 1 pod evicted since starting the controller.",
  );
  expect(conditionOf(rule({}, "None"))).toContain(
    "1 published device selected. 0 allocated devices selected. 2 pods would be evicted in 1 namespace if",
  );
  const fresh = {
    type: "EvictionInProgress",
    status: "False" as const,
    reason: "NotStarted",
    message: "",
    observedGeneration: 1,
    lastTransitionTime: "2026-01-01T00:00:57Z",
  };
  const written = { ...rule({}), status: { conditions: [fresh] } };
  expect(reconcileRule(written, () => counts, { manager: "m", now })).toEqual([
    { effect: "requeueAfter", seconds: 7 },
  ]);
});
