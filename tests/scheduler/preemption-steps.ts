/** Room made step by step: what is done in a cluster, and what is seen of its pods and events afterwards. */
import { join } from "node:path";
import {
  events,
  nodes,
  type Pod,
  type PodSpec,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
} from "#gen/api/core/v1.ts";
import { poddisruptionbudgets } from "#gen/api/policy/v1.ts";
import { priorityclasses } from "#gen/api/scheduling/v1.ts";
import { csinodes } from "#gen/api/storage/v1.ts";
import type { Plane } from "#tests/controllers/plane.ts";
import { addNode, addPod } from "./plane.ts";

const priorities = [-10, 10, 50, 100, 500, 1000, 2000] as const;
const className = (priority: number) => `p${priority}`.replace("-", "minus");
const disks = "disk.example.com";
const merge = "application/merge-patch+json";

export type World = Pick<Plane, "client">;
type Step = (world: World) => Promise<unknown>;

interface Asked {
  readonly on?: string;
  readonly cpu?: string;
  readonly port?: number;
  readonly grace?: number;
  readonly spec?: Partial<PodSpec>;
  readonly labels?: Record<string, string>;
}

function specOf(priority: number, { on, cpu = "1500m", port, grace = 0, spec }: Asked): PodSpec {
  const ports = port === undefined ? undefined : [{ containerPort: port, hostPort: port }];
  return {
    containers: [{ name: "c", image: "x", resources: { requests: { cpu } }, ports }],
    terminationGracePeriodSeconds: grace,
    ...(priority === 0 ? {} : { priorityClassName: className(priority) }),
    ...(on === undefined ? {} : { nodeSelector: { on } }),
    ...spec,
  };
}

const pod =
  (name: string, priority: number, asked: Asked = {}): Step =>
  (world) =>
    addPod(world, name, specOf(priority, asked), asked.labels);

const node =
  (name: string): Step =>
  (world) =>
    addNode(world, name, { on: name, "kubernetes.io/hostname": name });

const gone =
  (name: string): Step =>
  ({ client }) =>
    client.delete(pods, "default", name, { gracePeriodSeconds: 0 });

const grows =
  (name: string, cpu: string): Step =>
  ({ client }) =>
    client.patch(nodes, { namespace: "", name, subresource: "status" }, merge, {
      status: { allocatable: { cpu }, capacity: { cpu } },
    });

/** How long it stands is told by its node's agent. */
const started =
  (name: string, startTime: string): Step =>
  ({ client }) =>
    client.patch(pods, { namespace: "default", name, subresource: "status" }, merge, {
      status: { startTime },
    });

const budget =
  (name: string, app: string, disruptionsAllowed: number): Step =>
  async ({ client }) => {
    await client.create(poddisruptionbudgets, "default", {
      metadata: { name, namespace: "default" },
      spec: { selector: { matchLabels: { app } } },
    });
    const target = { namespace: "default", name, subresource: "status" };
    const counts = { currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 };
    await client.patch(poddisruptionbudgets, target, merge, {
      status: { ...counts, disruptionsAllowed },
    });
  };

/** As its node's agent said: no more volumes of the driver than so many. */
const takes =
  (name: string, count: number): Step =>
  ({ client }) =>
    client.create(csinodes, "", {
      metadata: { name },
      spec: { drivers: [{ name: disks, nodeID: name, allocatable: { count } }] },
    });

const leaves =
  (name: string): Step =>
  ({ client }) =>
    client.delete(pods, "default", name);

const all =
  (...steps: readonly Step[]): Step =>
  async (world) => {
    for (const step of steps) await step(world);
  };

/** A volume with its claim. */
const volume =
  (name: string, mode: "ReadWriteOncePod" | "ReadWriteMany"): Step =>
  async ({ client }) => {
    const shared = { accessModes: [mode], storageClassName: "" };
    await client.create(persistentvolumes, "", {
      metadata: { name },
      spec: {
        ...shared,
        capacity: { storage: "1Gi" },
        csi: { driver: disks, volumeHandle: name },
        claimRef: { namespace: "default", name },
      },
      status: {},
    });
    const claim = await client.create(persistentvolumeclaims, "default", {
      metadata: {
        name,
        namespace: "default",
        annotations: { "pv.kubernetes.io/bind-completed": "yes" },
      },
      spec: { ...shared, volumeName: name, resources: { requests: { storage: "1Gi" } } },
      status: {},
    });
    await client.updateStatus(persistentvolumeclaims, { ...claim, status: { phase: "Bound" } });
  };

const using = (claimName: string): Partial<PodSpec> => ({
  volumes: [{ name: "v", persistentVolumeClaim: { claimName } }],
});

const apartFrom = (app: string): Partial<PodSpec> => ({
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app } } },
      ],
    },
  },
});

const near = (app: string): Partial<PodSpec> => ({
  affinity: {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: "kubernetes.io/hostname", labelSelector: { matchLabels: { app } } },
      ],
    },
  },
});

const spread = (app: string): Partial<PodSpec> => ({
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: "kubernetes.io/hostname",
      whenUnsatisfiable: "DoNotSchedule",
      labelSelector: { matchLabels: { app } },
    },
  ],
});

const first: Readonly<Record<string, Readonly<Record<string, Step>>>> = {
  "victims that take their time": {
    "two nodes": async (world) => {
      await node("a")(world);
      await node("b")(world);
    },
    "the least important": pod("low-a", 0, { on: "a", grace: 30 }),
    "one more important": pod("low-b", 10, { on: "b", grace: 30 }),
    "room on the cheaper node": pod("high", 1000),
    "tried again while it waits": grows("a", "2100m"),
    "room is kept for who waits": pod("mid", 500),
    "equals do not give way": pod("equal", 10),
    "who never preempts": pod("patient", 2000, { spec: { priorityClassName: "patient" } }),
    "somebody more important takes the room": pod("top", 2000),
    "the first victim is gone": gone("low-a"),
    "the other victim is gone": gone("low-b"),
  },
  "whom to spare": {
    "a node": node("a"),
    "three alike": async (world) => {
      for (const [name, start] of [
        ["old", "2024-01-01T00:00:00Z"],
        ["young", "2024-03-01T00:00:00Z"],
        ["middle", "2024-02-01T00:00:00Z"],
      ] as const) {
        await pod(name, 10, { cpu: "600m", labels: { app: name } })(world);
        await started(name, start)(world);
      }
    },
    "the youngest goes": pod("first", 100, { cpu: "700m" }),
    "guarded ones stay": async (world) => {
      await budget("guard", "middle", 0)(world);
      await pod("second", 500, { cpu: "600m" })(world);
    },
    "all must go": pod("third", 1000, { cpu: "2" }),
    "nobody is lesser": pod("fourth", 1000, { cpu: "2" }),
    "too large for any": pod("fifth", 2000, { cpu: "8" }),
  },
  "a gang of lesser pods on each of several nodes": {
    "three nodes": async (world) => {
      for (const name of ["a", "b", "c"]) await node(name)(world);
    },
    gangs: async (world) => {
      for (const [on, own] of [
        ["a", [10, -10, 50, 10]],
        ["b", [0, 0, 0, 50]],
        ["c", [-10, 10, 10, 100]],
      ] as const)
        for (const [index, priority] of own.entries()) {
          const name = `${on}-${index}`;
          await pod(name, priority, { on, cpu: "500m", labels: { app: on } })(world);
          await started(name, `2024-01-0${index + 1}T00:00:00Z`)(world);
        }
    },
    "for two": pod("two", 100, { cpu: "1" }),
    "for three": pod("three", 500, { cpu: "1500m" }),
    "for one": pod("one", 50, { cpu: "500m" }),
    "for a whole node": pod("whole", 1000, { cpu: "2" }),
    "for another": pod("another", 1000, { cpu: "2" }),
    "for the last": pod("last", 1000, { cpu: "2" }),
    "for none": pod("none", 1000, { cpu: "2" }),
  },
  "what else stands in the way": {
    "two nodes": async (world) => {
      await node("a")(world);
      await node("b")(world);
      await volume("disk", "ReadWriteOncePod")(world);
    },
    holders: async (world) => {
      await pod("port-a", 0, { on: "a", cpu: "10m", port: 8080 })(world);
      await pod("port-b", 10, { on: "b", cpu: "10m", port: 8080 })(world);
      await pod("web-a", 10, { on: "a", cpu: "10m", labels: { app: "web" } })(world);
      await pod("web-b", 0, { on: "b", cpu: "10m", labels: { app: "web" } })(world);
      await pod("writer", 0, { cpu: "10m", on: "a", spec: using("disk") })(world);
    },
    "a port": pod("port", 100, { cpu: "10m", port: 8080 }),
    "a neighbour": pod("shy", 100, { cpu: "10m", spec: apartFrom("web") }),
    "a claim for one alone": pod("owner", 100, { cpu: "10m", spec: using("disk") }),
    "two of three on one node": async (world) => {
      await pod("s-1", 0, { on: "a", cpu: "10m", labels: { app: "s" } })(world);
      await pod("s-2", 0, { on: "a", cpu: "10m", labels: { app: "s" } })(world);
    },
    "a skew": pod("s-3", 100, { on: "a", cpu: "10m", labels: { app: "s" }, spec: spread("s") }),
    "a label that no node has": pod("lost", 1000, { on: "nowhere" }),
  },
};

/** More that the least important may wait for, and who is spared. */
const more: Readonly<Record<string, Readonly<Record<string, Step>>>> = {
  "who leaves by himself": {
    "two nodes": all(node("a"), node("b")),
    "two that stand": all(
      pod("long", 10, { on: "a", grace: 30 }),
      pod("other", 50, { on: "b", grace: 30 }),
    ),
    "one is told to go": leaves("long"),
    "its place is hoped for": pod("high", 1000),
    "by somebody less important too": pod("mid", 100),
    "who hoped is gone": gone("high"),
    "nobody is left of the first": gone("long"),
    "the last place": gone("other"),
  },
  "least of all": {
    "a node": node("a"),
    "below nothing": pod("below", -10),
    "without a class": pod("plain", 0),
    "as important as the last": pod("second", 0),
    "a little more": pod("more", 10, { cpu: "100m" }),
    "all that there is": pod("greedy", 50, { cpu: "1900m" }),
    "once more": pod("greediest", 100, { cpu: "2" }),
  },
  "a neighbour that is needed": {
    "two nodes": all(node("a"), node("b")),
    "the neighbours": all(
      pod("web", 0, { on: "a", labels: { app: "web" } }),
      pod("else", 10, { on: "b" }),
    ),
    "not at its cost": pod("near", 100, { cpu: "1", spec: near("web") }),
    "beside it": pod("small", 100, { cpu: "100m", spec: near("web") }),
    "another one goes": pod("far", 100, { cpu: "1" }),
  },
  "budgets of several": {
    "three nodes": all(node("a"), node("b"), node("c")),
    budgets: all(budget("none", "none", 0), budget("one", "one", 1), budget("two", "two", 2)),
    "pods of all": all(
      ...["a", "b", "c"].flatMap((on, index) => {
        const apps = [
          ["none", "one", "two"],
          ["one", "one", "free"],
          ["two", "two", "two"],
        ][index];
        return (apps ?? []).map((app, place) =>
          all(
            pod(`${on}-${app}-${place}`, 10, { on, cpu: "600m", labels: { app } }),
            started(`${on}-${app}-${place}`, `2024-0${index + 1}-0${place + 1}T00:00:00Z`),
          ),
        );
      }),
    ),
    "room for two of three": pod("first", 100, { cpu: "1300m" }),
    "for one": pod("second", 100, { cpu: "700m" }),
    "for all": pod("third", 100, { cpu: "2" }),
    "for all once more": pod("fourth", 100, { cpu: "2" }),
  },
  "as many volumes as a node takes": {
    "two nodes": all(node("a"), node("b"), takes("a", 2), takes("b", 1)),
    volumes: all(...["one", "two", "three", "four"].map((name) => volume(name, "ReadWriteMany"))),
    "their users": all(
      pod("user-1", 0, { on: "a", cpu: "10m", spec: using("one") }),
      pod("user-2", 10, { on: "a", cpu: "10m", spec: using("two") }),
      pod("user-3", 50, { on: "b", cpu: "10m", spec: using("three") }),
      pod("user-4", 0, { on: "b", cpu: "10m", spec: using("three") }),
    ),
    "one that is there already": pod("same", 100, { on: "a", cpu: "10m", spec: using("two") }),
    "one that is not": pod("new", 100, { cpu: "10m", spec: using("four") }),
    "on the other": pod("other", 100, { on: "b", cpu: "10m", spec: using("one") }),
  },
};

export const scenarios = { ...first, ...more };

const known = (message: string | undefined, uids: ReadonlyMap<string, string>) =>
  message?.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, (uid) => uids.get(uid) ?? "somebody");

function seen({ metadata, spec, status }: Pod) {
  return {
    node: spec.nodeName || "",
    nominated: status.nominatedNodeName ?? "",
    isLeaving: metadata.deletionTimestamp !== undefined,
    conditions: (status.conditions ?? [])
      .map(({ type, status: is, reason, message, observedGeneration: at }) =>
        [type, is, reason ?? "", message ?? "", at ?? ""].join(" | "),
      )
      .sort(),
  };
}

/** Names of everybody who ever was, by uid: the gone are still told of. */
export async function snapshot({ client }: World, uids: Map<string, string>) {
  const { items } = await client.list(pods, { namespace: "default" });
  for (const { metadata } of items) uids.set(metadata.uid ?? "", metadata.name);
  const told = (await client.list(events, { namespace: "default" })).items.map(
    ({ type, reason, message, involvedObject: { name }, reportingComponent, source }) =>
      `${name} | ${type} | ${reason} | ${known(message, uids)} | ${reportingComponent || source?.component}`,
  );
  return {
    pods: Object.fromEntries(items.map((one) => [one.metadata.name, seen(one)])),
    events: [...new Set(told)].sort(),
  };
}

export type Snapshot = Awaited<ReturnType<typeof snapshot>>;

export async function addClasses({ client }: World): Promise<void> {
  for (const value of priorities)
    await client.create(priorityclasses, "", { metadata: { name: className(value) }, value });
  const metadata = { name: "patient" };
  const preemptionPolicy = "Never";
  await client.create(priorityclasses, "", { metadata, value: 2000, preemptionPolicy });
}

/** Scenario -> after each step, by what it is called. */
export type Recorded = Readonly<Record<string, Readonly<Record<string, Snapshot>>>>;

export const recorded = join(import.meta.dirname, "..", "golden", "preemption.json");
