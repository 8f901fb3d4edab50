/** What a stock control plane's controllers make, scheduled by `schedulerName: kubun-scheduler`. */
import assert from "node:assert/strict";
import { daemonsets, deployments } from "#gen/api/apps/v1.ts";
import { type Node, nodes, type Pod, type PodSpec, pods } from "#gen/api/core/v1.ts";
import { events } from "#gen/api/events/v1.ts";
import { priorityclasses } from "#gen/api/scheduling/v1.ts";
import type { Check } from "./swap.ts";
import { until } from "./until.ts";
import { inNamespace, type Place, podsOf, type Scenario } from "./workloads/place.ts";
import { type World, zoneLabel } from "./world.ts";

const schedulerName = "kubun-scheduler";
const hostLabel = "kubernetes.io/hostname";

function podSpec(more: Partial<PodSpec> = {}, cpu = "100m"): PodSpec {
  const resources = { requests: { cpu } };
  const containers = [{ name: "c", image: "example.test/c:1", resources }];
  return { schedulerName, terminationGracePeriodSeconds: 0, containers, ...more };
}

function deploymentOf({ client, namespace }: Place, app: string, replicas: number, spec: PodSpec) {
  const template = { metadata: { labels: { app } }, spec };
  return client.create(deployments, namespace, {
    metadata: { name: app },
    spec: { replicas, selector: { matchLabels: { app } }, template },
  });
}

async function bound(place: Place, app: string): Promise<readonly Pod[]> {
  return (await podsOf(place, app)).filter(({ spec }) => (spec.nodeName ?? "") !== "");
}

const untilBound = (place: Place, app: string, count: number): Promise<void> =>
  until(`${count} of ${app}`, `${count}`, async () => `${(await bound(place, app)).length}`);

async function someNode({ client }: Place): Promise<Node> {
  const [node] = (await client.list(nodes)).items;
  assert.ok(node !== undefined, "there is no node");
  return node;
}

const deployment: Scenario = async (place) => {
  await deploymentOf(place, "web", 50, podSpec());
  await untilBound(place, "web", 50);
  const places = new Set((await bound(place, "web")).map(({ spec }) => spec.nodeName));
  return `50 pods of a Deployment on ${places.size} nodes`;
};

const daemonSet: Scenario = async (place) => {
  const { client, namespace } = place;
  const { metadata } = await someNode(place);
  const target = { namespace: "", name: metadata.name };
  const taint = { key: "swaps.kubun.io/kept", value: "yes", effect: "NoSchedule" as const };
  const patch = (taints: readonly object[] | null): Promise<Node> =>
    client.patch(nodes, target, "application/merge-patch+json", { spec: { taints } });
  await patch([taint]);
  const count = (await client.list(nodes)).items.length;
  const labels = { app: "agent" };
  const tolerations = [{ key: taint.key, operator: "Exists" as const }];
  const template = { metadata: { labels }, spec: podSpec({ tolerations }) };
  const spec = { selector: { matchLabels: labels }, template };
  await client.create(daemonsets, namespace, { metadata: { name: "agent" }, spec });
  await untilBound(place, "agent", count);
  const places = (await bound(place, "agent")).map(({ spec: { nodeName } }) => nodeName);
  assert.equal(new Set(places).size, count);
  assert.ok(places.includes(metadata.name), "none on the tainted node");
  await patch(null);
  return `a pod on each of ${count} nodes, the tainted one too`;
};

const spread: Scenario = async (place) => {
  const labelSelector = { matchLabels: { app: "even" } };
  const constraint = { maxSkew: 1, topologyKey: zoneLabel, labelSelector };
  const topologySpreadConstraints = [
    { ...constraint, whenUnsatisfiable: "DoNotSchedule" as const },
  ];
  await deploymentOf(place, "even", 10, podSpec({ topologySpreadConstraints }));
  await untilBound(place, "even", 10);
  const { items } = await place.client.list(nodes);
  const zoneOf = new Map(
    items.map(({ metadata }) => [metadata.name, metadata.labels?.[zoneLabel]]),
  );
  const byZone = Map.groupBy(await bound(place, "even"), ({ spec }) =>
    zoneOf.get(spec.nodeName ?? ""),
  );
  const counts = [...byZone.values()].map(({ length }) => length).sort();
  assert.deepEqual(counts, [3, 3, 4]);
  return `10 pods over 3 zones: ${counts.join(", ")}`;
};

const affine: Scenario = async (place) => {
  await deploymentOf(place, "db", 1, podSpec());
  const labelSelector = { matchLabels: { app: "db" } };
  const term = { labelSelector, topologyKey: hostLabel };
  const podAffinity = { requiredDuringSchedulingIgnoredDuringExecution: [term] };
  await deploymentOf(place, "near", 5, podSpec({ affinity: { podAffinity } }));
  await untilBound(place, "near", 5);
  const [db] = await bound(place, "db");
  const places = new Set((await bound(place, "near")).map(({ spec }) => spec.nodeName));
  assert.deepEqual([...places], [db?.spec.nodeName]);
  return "5 pods beside the one that they are affine to";
};

const gated: Scenario = async (place) => {
  const { client, namespace } = place;
  const name = "gated";
  const schedulingGates = [{ name: "swaps.kubun.io/wait" }];
  const metadata = { name, labels: { app: name } };
  await client.create(pods, namespace, { metadata, spec: podSpec({ schedulingGates }) });
  await deploymentOf(place, "free", 3, podSpec());
  await untilBound(place, "free", 3);
  const held = await client.get(pods, namespace, name);
  const reason = held.status?.conditions?.find(({ type }) => type === "PodScheduled")?.reason;
  assert.deepEqual([held.spec.nodeName, reason], [undefined, "SchedulingGated"]);
  const open = { spec: { schedulingGates: null } };
  await client.patch(pods, { namespace, name }, "application/merge-patch+json", open);
  await untilBound(place, name, 1);
  return "held while others went by, bound when its gate was removed";
};

const preempting: Scenario = async (place) => {
  const { client, namespace } = place;
  const { metadata } = await someNode(place);
  const nodeSelector = { [hostLabel]: metadata.name };
  const classes = { low: -10, high: 1_000_000 };
  for (const [name, value] of Object.entries(classes)) {
    await client.create(priorityclasses, "", { metadata: { name: `${namespace}-${name}` }, value });
  }
  const low = { nodeSelector, priorityClassName: `${namespace}-low` };
  // A bare pod is not made again.
  for (const at of [0, 1, 2]) {
    const victim = { name: `low-${at}`, labels: { app: "low" } };
    await client.create(pods, namespace, { metadata: victim, spec: podSpec(low, "10") });
  }
  await untilBound(place, "low", 3);
  const high = { nodeSelector, priorityClassName: `${namespace}-high` };
  const name = { name: "high", labels: { app: "high" } };
  await client.create(pods, namespace, { metadata: name, spec: podSpec(high, "10") });
  await untilBound(place, "high", 1);
  const left = (await podsOf(place, "low")).length;
  assert.equal(left, 2);
  const said = async (): Promise<string> => {
    const { items } = await client.list(events, { namespace });
    return `${items.some(({ reason }) => reason === "Preempted")}`;
  };
  await until("an event that says so", "true", said);
  for (const each of Object.keys(classes)) {
    await client.delete(priorityclasses, "", `${namespace}-${each}`);
  }
  return "one victim of three, an event Preempted, the preemptor bound";
};

const workloads: Readonly<Record<string, Scenario>> = {
  "a Deployment": deployment,
  "a DaemonSet that tolerates": daemonSet,
  "a spread workload": spread,
  "an affine workload": affine,
  "a gated pod": gated,
  "a preempting pod": preempting,
};

/** To be run one after the other: some count nodes, some taint one. */
export function schedulerWorkloads({ client }: World): readonly Check[] {
  return Object.entries(workloads).map(([name, workload]) => ({
    must: `schedule ${name}`,
    run: () => inNamespace(client, name.split(" ").slice(1).join("-").toLowerCase(), workload),
  }));
}
