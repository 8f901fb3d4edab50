/** Random devices, classes and claims of them, with few values so that they meet. */
import type { Node } from "#gen/api/core/v1.ts";
import type {
  CapacityRequestPolicy,
  Device,
  DeviceClass,
  DeviceConstraint,
  DeviceRequest,
  DeviceSelector,
  DeviceSubRequest,
  DeviceTaintRule,
  DeviceToleration,
  ExactDeviceRequest,
  ResourceClaim,
  ResourceSlice,
} from "#gen/api/resource/v1.ts";
import type { Meets } from "../oracle/devices.ts";
import type { Random } from "../random.ts";

const drivers = ["gpu.example.com", "nic.example.com"] as const;
const [gpu, nic] = drivers;
const models = ["old", "new", "big"] as const;
const standard = "example.org/numa";

const isOf =
  (driver: string): Meets =>
  (of) =>
    of === driver;
const hasModel =
  (model: string): Meets =>
  (driver, { attributes = {} }) =>
    driver === gpu && attributes["model"]?.string === model;

/** Every expression of these clusters, with what it means. */
export const meaning: ReadonlyMap<string, Meets> = new Map<string, Meets>([
  [`device.driver == "${gpu}"`, isOf(gpu)],
  [`device.driver == "${nic}"`, isOf(nic)],
  ...models.map((model): [string, Meets] => [
    `device.attributes["${gpu}"].?model.orValue("") == "${model}"`,
    hasModel(model),
  ]),
  [
    `has(device.attributes["${gpu}"].version) && device.attributes["${gpu}"].version.compareTo(semver("2.0.0")) >= 0`,
    (driver, { attributes = {} }) =>
      driver === gpu && attributes["version"]?.version?.startsWith("2") === true,
  ],
  [
    `device.attributes["example.org"].?numa.orValue(9) == 1`,
    (_, { attributes = {} }) => attributes[standard]?.int === 1,
  ],
  [
    `device.capacity["${gpu}"].?memory.orValue(quantity("0")).compareTo(quantity("4Gi")) >= 0`,
    (driver, { capacity = {} }) =>
      driver === gpu && ["4Gi", "8Gi"].includes(capacity["memory"]?.value ?? ""),
  ],
  ["device.allowMultipleAllocations", (_, device) => device.allowMultipleAllocations === true],
]);
/** Devices without a speed it cannot tell. */
const fails = `device.attributes["${gpu}"].speed > 5`;
const meaningOfFails: Meets = (driver, { attributes = {} }) => {
  const speed = driver === gpu ? attributes["speed"]?.int : undefined;
  if (speed !== undefined) return speed > 5;
  throw new Error(
    "no such key: speed. consider using CEL optional chaining (.? followed by orValue()) or guarding the check with has() for optional fields",
  );
};
export const meaningOfAll: ReadonlyMap<string, Meets> = new Map([
  ...meaning,
  [fails, meaningOfFails],
]);
const expressions = [...meaning.keys()];

function selectors(r: Random, probability: number): DeviceSelector[] | undefined {
  if (!r.chance(probability)) return undefined;
  if (r.chance(0.01)) return [{ cel: { expression: fails } }];
  const expression = expressions[r.below(expressions.length)] ?? fails;
  return [{ cel: { expression } }];
}

export function randomDeviceClasses(r: Random): DeviceClass[] {
  const config = [{ opaque: { driver: gpu, parameters: { of: "class" } } }];
  const named = (name: string, spec: DeviceClass["spec"]): DeviceClass => ({
    apiVersion: "resource.k8s.io/v1",
    kind: "DeviceClass",
    metadata: { name, creationTimestamp: r.pick(["2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z"]) },
    // Two may stand for one resource.
    spec: { ...spec, ...(r.chance(0.3) ? { extendedResourceName: "example.com/gpu" } : {}) },
  });
  const byDriver = (driver: string) => [{ cel: { expression: `device.driver == "${driver}"` } }];
  return [
    named("gpu", { selectors: byDriver(gpu), ...(r.chance(0.5) ? { config } : {}) }),
    named("nic", { selectors: byDriver(nic) }),
    named("any", {}),
    named("picky", { selectors: selectors(r, 1) }),
  ];
}

const policies: readonly [
  CapacityRequestPolicy | undefined,
  ...(CapacityRequestPolicy | undefined)[],
] = [
  { default: "1Gi", validRange: { min: "1Gi", max: "3Gi", step: "1Gi" } },
  { default: "2Gi", validRange: { min: "1Gi" } },
  { default: "1Gi", validValues: ["1Gi", "2Gi", "4Gi"] },
  undefined,
];

function randomDevice(r: Random, name: string, sets: readonly string[]): Device {
  const shared = r.chance(0.25);
  const requestPolicy = shared ? r.pick(policies) : undefined;
  const value = r.pick(["2Gi", "4Gi", "8Gi"]);
  const capacity = { memory: { value, ...(requestPolicy && { requestPolicy }) } };
  const set = r.chance(0.7) ? sets[r.below(sets.length)] : undefined;
  const counters = { memory: { value: r.pick(["2Gi", "4Gi", "8Gi"]) } };
  const effect = r.pick(["NoSchedule", "NoExecute", "None"] as const);
  return {
    name,
    attributes: {
      ...(r.chance(0.9) ? { model: { string: r.pick(models) } } : {}),
      ...(r.chance(0.5) ? { version: { version: r.pick(["1.2.3", "2.0.0", "2.1.0"]) } } : {}),
      ...(r.chance(0.7) ? { [standard]: { int: r.below(3) } } : {}),
      ...(r.chance(0.5) ? { speed: { int: r.below(10) } } : {}),
    },
    ...(r.chance(0.7) ? { capacity } : {}),
    ...(shared ? { allowMultipleAllocations: true } : {}),
    ...(set === undefined ? {} : { consumesCounters: [{ counterSet: set, counters }] }),
    ...(r.chance(0.1) ? { taints: [{ key: "broken", value: r.pick(["a", "b"]), effect }] } : {}),
    ...(r.chance(0.05) ? { bindsToNode: true } : {}),
    ...(r.chance(0.05)
      ? { bindingConditions: ["Ready"], bindingFailureConditions: ["Failed"] }
      : {}),
  };
}

type Spec = Omit<ResourceSlice["spec"], "pool" | "driver">;

function slice(name: string, driver: string, pool: ResourceSlice["spec"]["pool"], spec: Spec) {
  const made: ResourceSlice = {
    apiVersion: "resource.k8s.io/v1",
    kind: "ResourceSlice",
    metadata: { name },
    spec: { driver, pool, ...spec },
  };
  return made;
}

const zoneTerm = (zone: string) => ({
  nodeSelectorTerms: [
    {
      matchExpressions: [
        { key: "topology.kubernetes.io/zone", operator: "In" as const, values: [zone] },
      ],
    },
  ],
});

/** The slices of one pool: on a node, in a zone, everywhere, or each device on nodes of its own. */
function randomPool(r: Random, name: string, place: Spec, nodes: readonly Node[]): ResourceSlice[] {
  const driver = r.pick(drivers);
  const sets = r.chance(0.3) ? ["card", "board"] : [];
  const each = place.perDeviceNodeSelection === true;
  let serial = 0;
  const devices = () =>
    Array.from({ length: 1 + r.below(6) }, () => {
      const device = randomDevice(r, `d${r.chance(0.004) ? 0 : serial++}`, sets);
      if (!each) return device;
      const node = nodes[r.below(nodes.length)];
      if (node !== undefined && r.chance(0.5)) return { ...device, nodeName: node.metadata.name };
      return r.chance(0.4)
        ? { ...device, allNodes: true }
        : { ...device, nodeSelector: zoneTerm(`z${r.below(4)}`) };
    });
  const parts: Spec[] = Array.from({ length: 1 + r.below(2) }, () => ({
    ...place,
    devices: devices(),
  }));
  if (sets.length > 0)
    parts.push({
      ...place,
      ...(each ? { perDeviceNodeSelection: undefined, allNodes: true } : {}),
      sharedCounters: sets.map((set) => ({
        name: r.chance(0.01) ? "other" : set,
        counters: { memory: { value: r.pick(["6Gi", "8Gi"]) } },
      })),
    });
  const resourceSliceCount = parts.length + (r.chance(0.02) ? 1 : 0);
  const generation = 1 + r.below(2);
  const found = parts.map((spec, index) =>
    slice(`${name}-${index}`, driver, { name, generation, resourceSliceCount }, spec),
  );
  // What a driver has not removed yet.
  if (r.chance(0.05)) {
    const old = { name, generation: generation - 1, resourceSliceCount: 1 };
    found.push(slice(`${name}-old`, driver, old, { ...place, devices: devices() }));
  }
  return found;
}

export function randomSlices(r: Random, nodes: readonly Node[], prefix: string): ResourceSlice[] {
  const own = r
    .some(nodes, 0.8)
    .flatMap(({ metadata: { name } }) =>
      randomPool(r, `${prefix}${name}`, { nodeName: name }, nodes),
    );
  const places: Spec[] = [
    { allNodes: true },
    { nodeSelector: zoneTerm(`z${r.below(4)}`) },
    { perDeviceNodeSelection: true },
  ];
  const wide = r
    .some(places, 0.3)
    .flatMap((place, index) => randomPool(r, `${prefix}wide${index}`, place, nodes));
  return [...own, ...wide];
}

export function randomTaintRule(r: Random, name: string): DeviceTaintRule {
  const effect = r.pick(["NoSchedule", "None", "NoExecute"] as const);
  return {
    apiVersion: "resource.k8s.io/v1",
    kind: "DeviceTaintRule",
    metadata: { name },
    spec: {
      ...(r.chance(0.1)
        ? {}
        : {
            deviceSelector: {
              ...(r.chance(0.5) ? { driver: r.pick(drivers) } : {}),
              device: r.pick(["d0", "d1", "d2"]),
            },
          }),
      taint: { key: "ruled", value: "a", effect },
    },
    status: {},
  };
}

function tolerations(r: Random): DeviceToleration[] | undefined {
  return r.maybe(0.2, () => [
    r.pick<DeviceToleration>([
      { operator: "Exists" },
      { key: "broken", operator: "Equal", value: "a" },
      { key: "ruled", operator: "Exists", effect: "NoSchedule" },
    ]),
  ]);
}

type Asked = Omit<ExactDeviceRequest, "adminAccess" | "derivedAttributes">;

function asked(r: Random): Asked {
  const all = r.chance(0.1);
  const wanted = selectors(r, 0.35);
  const tolerated = tolerations(r);
  const sizes = ["1Gi", "1500Mi", "2Gi", "3Gi", "5Gi"] as const;
  return {
    deviceClassName: r.chance(0.005) ? "none" : r.pick(["gpu", "gpu", "nic", "any", "picky"]),
    allocationMode: all ? "All" : "ExactCount",
    ...(all ? {} : { count: r.chance(0.02) ? 17 : 1 + r.below(r.chance(0.3) ? 3 : 1) }),
    ...(wanted === undefined ? {} : { selectors: wanted }),
    ...(tolerated === undefined ? {} : { tolerations: tolerated }),
    ...(r.chance(0.25) ? { capacity: { requests: { memory: r.pick(sizes) } } } : {}),
  };
}

function request(r: Random, name: string): DeviceRequest {
  if (r.chance(0.35)) {
    const firstAvailable = Array.from(
      { length: 1 + r.below(3) },
      (_, index): DeviceSubRequest => ({ name: `s${index}`, ...asked(r) }),
    );
    return { name, firstAvailable };
  }
  return { name, exactly: { ...asked(r), ...(r.chance(0.08) ? { adminAccess: true } : {}) } };
}

function constraint(r: Random, names: readonly string[]): DeviceConstraint {
  const attribute = r.pick([`${gpu}/model`, standard]);
  return {
    ...(r.chance(0.5) ? { requests: r.some(names, 0.6) } : {}),
    ...(r.chance(0.6) ? { matchAttribute: attribute } : { distinctAttribute: attribute }),
  };
}

export function randomClaim(r: Random, namespace: string, name: string): ResourceClaim {
  const requests = Array.from({ length: 1 + r.below(r.chance(0.2) ? 3 : 2) }, (_, index) =>
    request(r, `r${index}`),
  );
  const names = requests.flatMap(({ name: own, firstAvailable = [] }) => [
    own,
    ...firstAvailable.map((one) => `${own}/${one.name}`),
  ]);
  const opaque = { driver: gpu, parameters: { of: "claim" } };
  return {
    apiVersion: "resource.k8s.io/v1",
    kind: "ResourceClaim",
    metadata: { name, namespace, uid: name },
    spec: {
      devices: {
        requests,
        ...(r.chance(0.25) ? { constraints: [constraint(r, names)] } : {}),
        ...(r.chance(0.2) ? { config: [{ requests: r.some(names, 0.4), opaque }] } : {}),
      },
    },
    status: {},
  };
}
