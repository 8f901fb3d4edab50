import { expect, test } from "bun:test";
import type {
  Device,
  DeviceClass,
  DeviceRequest,
  ResourceClaim,
  ResourceClaimSpec,
  ResourceSlice,
} from "#gen/api/resource/v1.ts";
import { nodeFacts } from "#scheduler/node-facts.ts";
import { allocate } from "./allocate.ts";
import { DeviceLedger } from "./ledger.ts";
import { AllocationError } from "./requests.ts";
import { SliceIndex } from "./slices.ts";

const driver = "d.example.com";
const node = nodeFacts({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "n", labels: { zone: "z" } },
  spec: {},
  status: {},
});

function slice(
  devices: Device[],
  more: Partial<ResourceSlice["spec"]> = {},
  name = "s",
): ResourceSlice {
  return {
    apiVersion: "resource.k8s.io/v1",
    kind: "ResourceSlice",
    metadata: { name },
    spec: {
      driver,
      pool: { name: "p", generation: 1, resourceSliceCount: 1 },
      ...(more.allNodes || more.nodeSelector || more.perDeviceNodeSelection
        ? {}
        : { nodeName: "n" }),
      devices,
      ...more,
    },
  };
}

function claim(devices: ResourceClaimSpec["devices"], uid = "u"): ResourceClaim {
  return {
    apiVersion: "resource.k8s.io/v1",
    kind: "ResourceClaim",
    metadata: { name: "c", namespace: "ns", uid },
    spec: { devices },
    status: {},
  };
}

const deviceClass: DeviceClass = {
  apiVersion: "resource.k8s.io/v1",
  kind: "DeviceClass",
  metadata: { name: "class" },
  spec: { selectors: [{ cel: { expression: `device.driver == "${driver}"` } }] },
};

type Exact = NonNullable<DeviceRequest["exactly"]>;
const exactly = (more: Partial<Exact> = {}, name = "r"): DeviceRequest => ({
  name,
  exactly: { deviceClassName: "class", allocationMode: "ExactCount", count: 1, ...more },
});
const cel = (expression: string) => [{ cel: { expression } }];
const own = `device.attributes["${driver}"]`;
const device = (name: string, model = "", more: Partial<Device> = {}): Device => ({
  name,
  attributes: { model: { string: model } },
  ...more,
});

function run(
  slices: readonly ResourceSlice[],
  claims: readonly ResourceClaim[],
  { ledger = new DeviceLedger(), rules = [] }: { ledger?: DeviceLedger; rules?: never[] } = {},
) {
  let id = 0;
  const classOf = (name: string) => (name === "class" ? deviceClass : undefined);
  const state = {
    slices: new SliceIndex(slices, rules),
    ledger,
    classOf,
    newId: () => `id-${id++}`,
  };
  return allocate(state, node, claims);
}

function devicesOf(found: ReturnType<typeof run>): string[][] | string {
  if ("refusal" in found) return found.refusal;
  return found.results.map(({ devices }) =>
    (devices?.results ?? []).map((one) => `${one.request}=${one.device}`),
  );
}

test("selectors, counts and what others have", () => {
  const slices = [slice([device("a", "x"), device("b", "y"), device("c", "y")])];
  const two = claim({ requests: [exactly({ count: 2, selectors: cel(`${own}.model == "y"`) })] });
  expect(devicesOf(run(slices, [two]))).toEqual([["r=b", "r=c"]]);
  const ledger = new DeviceLedger();
  const taken = { request: "r", driver, pool: "p", device: "b" };
  ledger.assume("other", { devices: { results: [taken] } });
  expect(devicesOf(run(slices, [two], { ledger }))).toBe("cannot");
  ledger.forget("other");
  expect(devicesOf(run(slices, [two], { ledger }))).toEqual([["r=b", "r=c"]]);
  ledger.assume("other", { devices: { results: [{ ...taken, adminAccess: true }] } });
  expect(devicesOf(run(slices, [two], { ledger }))).toEqual([["r=b", "r=c"]]);
});

test("a first choice that leaves a later request with nothing is given back", () => {
  const slices = [slice([device("a", "x"), device("b", "y")])];
  const any = exactly({}, "any");
  const picky = exactly({ selectors: cel(`${own}.model == "x"`) }, "picky");
  expect(devicesOf(run(slices, [claim({ requests: [any, picky] })]))).toEqual([
    ["any=b", "picky=a"],
  ]);
  const apart = [claim({ requests: [any] }, "1"), claim({ requests: [picky] }, "2")];
  expect(devicesOf(run(slices, apart))).toEqual([["any=b"], ["picky=a"]]);
});

test("alternatives are tried in order", () => {
  const slices = [slice([device("a", "x"), device("b", "y")])];
  const firstAvailable = [
    { name: "big", deviceClassName: "class", count: 3, allocationMode: "ExactCount" as const },
    { name: "pair", deviceClassName: "class", count: 2, allocationMode: "ExactCount" as const },
  ];
  const found = run(slices, [claim({ requests: [{ name: "r", firstAvailable }] })]);
  expect(devicesOf(found)).toEqual([["r/pair=a", "r/pair=b"]]);
});

test("all devices: none missing, none in use, at least one", () => {
  const all = claim({ requests: [exactly({ allocationMode: "All" })] });
  const devices = [device("a"), device("b")];
  expect(devicesOf(run([slice(devices)], [all]))).toEqual([["r=a", "r=b"]]);
  expect(devicesOf(run([slice([])], [all]))).toBe("cannot");
  const ledger = new DeviceLedger();
  ledger.assume("o", { devices: { results: [{ request: "r", driver, pool: "p", device: "b" }] } });
  expect(devicesOf(run([slice(devices)], [all], { ledger }))).toBe("cannot");
  const pool = { name: "p", generation: 1, resourceSliceCount: 2 };
  expect(() => run([slice(devices, { pool })], [all])).toThrow(
    `claim ns/c, request r: asks for all devices, but resource pool ${driver}/p is currently being updated`,
  );
});

test("attributes that match, and attributes that differ", () => {
  const slices = [slice([device("a", "x"), device("b", "y"), device("c", "y")])];
  const requests = [exactly({}, "one"), exactly({}, "two")];
  const matchAttribute = `${driver}/model`;
  const matching = claim({ requests, constraints: [{ matchAttribute }] });
  expect(devicesOf(run(slices, [matching]))).toEqual([["one=b", "two=c"]]);
  const distinct = claim({
    requests: [exactly({ count: 2 })],
    constraints: [{ distinctAttribute: matchAttribute, requests: ["r"] }],
  });
  expect(devicesOf(run(slices, [distinct]))).toEqual([["r=a", "r=b"]]);
  const three = claim({ requests: [exactly({ count: 3 })], constraints: [{ matchAttribute }] });
  expect(devicesOf(run(slices, [three]))).toBe("cannot");
});

test("taints keep claims out that do not tolerate them", () => {
  const taints = [{ key: "k", value: "v", effect: "NoSchedule" as const }];
  const slices = [slice([device("a", "", { taints })])];
  expect(devicesOf(run(slices, [claim({ requests: [exactly()] })]))).toBe("cannot");
  const tolerations = [{ key: "k", operator: "Exists" as const }];
  expect(devicesOf(run(slices, [claim({ requests: [exactly({ tolerations })] })]))).toEqual([
    ["r=a"],
  ]);
});

test("an admin sees devices that others have, each once", () => {
  const ledger = new DeviceLedger();
  ledger.assume("o", { devices: { results: [{ request: "r", driver, pool: "p", device: "a" }] } });
  const admin = claim({ requests: [exactly({ adminAccess: true, count: 1 })] });
  expect(devicesOf(run([slice([device("a")])], [admin], { ledger }))).toEqual([["r=a"]]);
  const twice = claim({ requests: [exactly({ adminAccess: true, count: 2 })] });
  expect(devicesOf(run([slice([device("a")])], [twice], { ledger }))).toBe("cannot");
});

test("the newest generation counts, complete pools only, and devices of this node", () => {
  const any = claim({ requests: [exactly()] });
  const pool = (generation: number, resourceSliceCount = 1) => ({
    pool: { name: "p", generation, resourceSliceCount },
  });
  const slices = [slice([device("old")], pool(1), "s1"), slice([device("new")], pool(2), "s2")];
  expect(devicesOf(run(slices, [any]))).toEqual([["r=new"]]);
  expect(devicesOf(run([slice([device("a")], pool(1, 2))], [any]))).toBe("cannot");
  expect(devicesOf(run([slice([device("a"), device("a")])], [any]))).toBe("invalid");
  const terms = (value: string) => ({
    nodeSelector: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: "zone", operator: "In" as const, values: [value] }] },
      ],
    },
  });
  expect(devicesOf(run([slice([device("a")], terms("other"))], [any]))).toBe("cannot");
  const zoned = run([slice([device("a")], terms("z"))], [any]);
  expect("results" in zoned && zoned.results[0]?.nodeSelector).toEqual(terms("z").nodeSelector);
  const apart = slice([device("a", "", { nodeName: "m" }), device("b", "", { allNodes: true })], {
    perDeviceNodeSelection: true,
  });
  const found = run([apart], [any]);
  expect(devicesOf(found)).toEqual([["r=b"]]);
  expect("results" in found && found.results[0]?.nodeSelector).toBeUndefined();
});

test("partitions take from counters that they share", () => {
  const part = (name: string, memory: string) =>
    device(name, "", {
      consumesCounters: [{ counterSet: "gpu", counters: { memory: { value: memory } } }],
    });
  const pool = { name: "p", generation: 1, resourceSliceCount: 2 };
  const sharedCounters = [{ name: "gpu", counters: { memory: { value: "40Gi" } } }];
  const slices = [
    slice([part("whole", "40Gi"), part("half-0", "20Gi"), part("half-1", "20Gi")], { pool }, "s1"),
    slice([], { pool, sharedCounters }, "s2"),
  ];
  const two = claim({ requests: [exactly({ count: 2 })] });
  expect(devicesOf(run(slices, [two]))).toEqual([["r=half-0", "r=half-1"]]);
  const ledger = new DeviceLedger();
  ledger.assume("o", {
    devices: { results: [{ request: "r", driver, pool: "p", device: "half-1" }] },
  });
  expect(devicesOf(run(slices, [two], { ledger }))).toBe("cannot");
  expect(devicesOf(run(slices, [claim({ requests: [exactly()] })], { ledger }))).toEqual([
    ["r=half-0"],
  ]);
});

test("a device is shared as far as its capacity goes, by the steps of its policy", () => {
  const requestPolicy = { default: "1Gi", validRange: { min: "1Gi", step: "1Gi" } };
  const capacity = { memory: { value: "4Gi", requestPolicy } };
  const slices = [slice([device("a", "", { allowMultipleAllocations: true, capacity })])];
  const asks = (memory: string) =>
    claim({ requests: [exactly({ capacity: { requests: { memory } } })] });
  const found = run(slices, [asks("1500Mi")]);
  const [result] = "results" in found ? (found.results[0]?.devices?.results ?? []) : [];
  expect(result).toMatchObject({
    device: "a",
    shareID: "id-0",
    consumedCapacity: { memory: "2Gi" },
  });
  const ledger = new DeviceLedger();
  ledger.assume("o", { devices: { results: result === undefined ? [] : [result] } });
  expect(devicesOf(run(slices, [asks("2Gi")], { ledger }))).toEqual([["r=a"]]);
  expect(devicesOf(run(slices, [asks("3Gi")], { ledger }))).toBe("cannot");
  expect(devicesOf(run(slices, [asks("2Gi"), asks("2Gi")]))).toEqual([["r=a"], ["r=a"]]);
  expect(devicesOf(run(slices, [asks("2Gi"), asks("3Gi")]))).toBe("cannot");
});

test("configurations: of classes once, of the claim where they concern a request", () => {
  const opaque = { driver, parameters: {} };
  const configured = { ...deviceClass, spec: { config: [{ opaque }] } };
  const ledger = new DeviceLedger();
  const state = {
    slices: new SliceIndex([slice([device("a"), device("b")])], []),
    ledger,
    classOf: () => configured,
    newId: () => "",
  };
  const both = claim({
    requests: [exactly({}, "one"), exactly({}, "two")],
    config: [
      { requests: ["one"], opaque },
      { requests: ["none"], opaque },
    ],
  });
  const found = allocate(state, node, [both]);
  expect("results" in found && found.results[0]?.devices?.config).toEqual([
    { source: "FromClass", opaque },
    { source: "FromClaim", requests: ["one"], opaque },
  ]);
});

test("what is wrong with a claim or class ends the search", () => {
  const missing = claim({ requests: [exactly({ deviceClassName: "x" })] });
  expect(() => run([], [missing])).toThrow(AllocationError);
  const broken = claim({ requests: [exactly({ selectors: cel(`${own}.nope == "x"`) })] });
  expect(() => run([slice([device("a")])], [broken])).toThrow(
    `claim ns/c: selector #0 on device ${driver}/p/a: CEL runtime error: no such key: nope`,
  );
  const many = claim({ requests: [exactly({ count: 33 })] });
  expect(() => run([], [many])).toThrow("exceeds the claim limit of 32");
});
