/** The same claims on a stock scheduler and on ours: the same devices, and the same words where there are none. */
import { pods } from "#gen/api/core/v1.ts";
import {
  type Device,
  type DeviceRequest,
  deviceclasses,
  resourceclaims,
  resourceslices,
} from "#gen/api/resource/v1.ts";
import { eventually } from "#tests/controllers/plane.ts";
import { testBesideStock, type World } from "./beside-stock.ts";
import { addNode, addPod } from "./plane.ts";

const driver = "gpu.example.com";
const own = `device.attributes["${driver}"]`;

function model(name: string, of: string, more: Partial<Device> = {}): Device {
  return { name, attributes: { model: { string: of } }, ...more };
}

const taints = [{ key: "broken", value: "yes", effect: "NoSchedule" as const }];
const requestPolicy = { default: "1Gi", validRange: { min: "1Gi", step: "1Gi" } };
const shared = {
  allowMultipleAllocations: true,
  capacity: { memory: { value: "4Gi", requestPolicy } },
};
/** Shares in sizes of the driver's choice. */
const sized = {
  allowMultipleAllocations: true,
  capacity: {
    memory: { value: "8Gi", requestPolicy: { default: "1Gi", validValues: ["1Gi", "4Gi"] } },
  },
};
/** One half of what two partitions share, or the whole. */
const part = (memory: string): Partial<Device> => ({
  consumesCounters: [{ counterSet: "card", counters: { memory: { value: memory } } }],
});
const net = (address: string, site: string, version: string): Partial<Device> => ({
  attributes: {
    model: { string: "net" },
    address: { string: address },
    site: { string: site },
    version: { version },
  },
});
const devices: Readonly<Record<string, Device[]>> = {
  a: [
    model("a-0", "old"),
    model("a-1", "old", { taints }),
    model("a-2", "small"),
    model("a-3", "large"),
    model("a-4", "sized", sized),
    model("a-5", "", net("10.1.2.3", "https://one.example.com:8443/a?b=c", "1.2.3")),
    model("a-6", "", net("fd00::1", "http://two.example.com/", "2.0.0")),
  ],
  b: [
    model("b-0", "new"),
    model("b-1", "pair"),
    model("b-2", "pair"),
    model("b-3", "many", shared),
    model("b-4", "big"),
    model("b-5", "little"),
    model("b-6", "whole", part("16Gi")),
    model("b-7", "half", part("8Gi")),
    model("b-8", "half", part("8Gi")),
  ],
};

type Exact = NonNullable<DeviceRequest["exactly"]>;
const exactly = (expression: string, more: Partial<Exact> = {}): DeviceRequest[] => [
  {
    name: "r",
    exactly: { deviceClassName: "gpu", selectors: [{ cel: { expression } }], ...more },
  },
];
const of = (name: string) => `${own}.model == "${name}"`;

/** The first is to be had on one node, the second on another. */
const alternatives = (...models: readonly string[]): DeviceRequest[] => [
  {
    name: "r",
    firstAvailable: models.map((name) => ({
      name,
      deviceClassName: "gpu",
      selectors: [{ cel: { expression: `has(${own}.model) && ${of(name)}` } }],
    })),
  },
];

const cases: Readonly<Record<string, DeviceRequest[]>> = {
  "one-new": exactly(of("new")),
  "no-new-left": exactly(of("new")),
  "two-of-a-pair": exactly(of("pair"), { count: 2 }),
  "first-choice-too-many": [
    {
      name: "r",
      firstAvailable: [
        { name: "three", deviceClassName: "gpu", count: 3 },
        {
          name: "old",
          deviceClassName: "gpu",
          selectors: [{ cel: { expression: of("old") } }],
        },
      ],
    },
  ],
  "tainted-is-left": exactly(of("old")),
  tolerated: exactly(of("old"), { tolerations: [{ key: "broken", operator: "Exists" }] }),
  "a-share": exactly(of("many"), { capacity: { requests: { memory: "1500Mi" } } }),
  "too-large-a-share": exactly(of("many"), { capacity: { requests: { memory: "3Gi" } } }),
  "a-size-of-its-choice": exactly(of("sized"), { capacity: { requests: { memory: "3Gi" } } }),
  "the-smallest-size": exactly(of("sized")),
  "no-such-size": exactly(of("sized"), { capacity: { requests: { memory: "5Gi" } } }),
  "the-last-size": exactly(of("sized"), { capacity: { requests: { memory: "2Gi" } } }),
  "better-on-b": alternatives("big", "small"),
  "better-on-a": alternatives("large", "little"),
  "a-half": exactly(of("half")),
  "no-whole-left": exactly(of("whole")),
  "both-halves-no-more": exactly(of("half"), { count: 2 }),
  "by-version": exactly(`has(${own}.version) && ${own}.version.isGreaterThan(semver("1.9.0"))`),
  "by-address": exactly(
    `has(${own}.address) && cidr("10.0.0.0/8").containsIP(string(${own}.address))`,
  ),
  "by-site": exactly(
    `has(${own}.site) && url(string(${own}.site)).getHostname() == "two.example.com"`,
  ),
  "by-form": exactly(
    `has(${own}.model) && format.dns1123Label().validate(string(${own}.model)).hasValue() && ip("fd00::1").family() == 6`,
  ),
  "all-there-are": exactly(of("new"), { allocationMode: "All" }),
  "no-class": exactly(of("new"), { deviceClassName: "missing" }),
  "cannot-be-evaluated": exactly(`${own}.missing == "x"`),
};

/**
 * A stock scheduler filters nodes side by side: which device of which node its sentence names is the
 * one whose expression failed first.
 */
function withoutTheFirst(message: string): string {
  return message.replace(/on device \S+: CEL runtime error/, "on a device: CEL runtime error");
}

async function outcomeOf({ client }: World, name: string): Promise<unknown> {
  const pod = await eventually(
    `${name} is settled`,
    () => client.get(pods, "default", name),
    ({ spec, status }) =>
      Boolean(spec.nodeName) ||
      status.conditions?.some(({ type }) => type === "PodScheduled") === true,
  );
  const { status } = await client.get(resourceclaims, "default", name);
  const { allocation } = status;
  const told = pod.status.conditions?.find(
    ({ type, status: is }) => type === "PodScheduled" && is === "False",
  );
  return {
    node: pod.spec.nodeName,
    reason: told?.reason,
    message: told?.message && withoutTheFirst(told.message),
    selector: allocation?.nodeSelector,
    devices: allocation?.devices?.results?.map((one) => ({
      ...one,
      shareID: one.shareID === undefined ? "" : "some",
    })),
  };
}

async function play(world: World): Promise<Record<string, unknown>> {
  const { client } = world;
  for (const [name, list] of Object.entries(devices)) {
    await addNode(world, name);
    const pool = { name, generation: 1, resourceSliceCount: name === "b" ? 2 : 1 };
    const about = { driver, nodeName: name, pool };
    await client.create(resourceslices, "", {
      metadata: { name },
      spec: { ...about, devices: list },
    });
    if (name !== "b") continue;
    const sharedCounters = [{ name: "card", counters: { memory: { value: "16Gi" } } }];
    await client.create(resourceslices, "", {
      metadata: { name: "counters" },
      spec: { ...about, sharedCounters },
    });
  }
  const expression = `device.driver == "${driver}"`;
  await client.create(deviceclasses, "", {
    metadata: { name: "gpu" },
    spec: { selectors: [{ cel: { expression } }] },
  });
  const outcomes: Record<string, unknown> = {};
  for (const [name, requests] of Object.entries(cases)) {
    await client.create(resourceclaims, "default", {
      metadata: { name, namespace: "default" },
      spec: { devices: { requests } },
      status: {},
    });
    await addPod(world, name, { resourceClaims: [{ name: "c", resourceClaimName: name }] });
    outcomes[name] = await outcomeOf(world, name);
  }
  return outcomes;
}

testBesideStock("a stock scheduler and ours allocate alike and refuse in the same words", play);
