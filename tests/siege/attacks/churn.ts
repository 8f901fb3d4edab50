/** What comes and goes for ever: definitions, large states of one object, names that are never used again. */
import { ask } from "../ask.ts";
import { type Attack, crowd, pick, type Siege } from "../attack.ts";

const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const json = "application/json";

const random = (siege: Siege): string => Math.floor(siege.random() * 2 ** 40).toString(36);

const definition = (group: string, turn: string): string =>
  JSON.stringify({
    metadata: { name: `things.${group}` },
    spec: {
      group,
      scope: "Cluster",
      names: { plural: "things", singular: "thing", kind: "Thing" },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          schema: {
            openAPIV3Schema: {
              type: "object",
              properties: {
                spec: {
                  type: "object",
                  properties: { [`p${turn}`]: { type: "string", pattern: `^${turn}.*` } },
                },
              },
            },
          },
        },
      ],
    },
  });

/** A group that nobody had before, with an object, looked at in every way, and gone. */
async function define(siege: Siege): Promise<void> {
  const turn = random(siege);
  const group = `g${turn}.example.com`;
  const things = `/apis/${group}/v1/things`;
  const body = definition(group, turn);
  await ask(siege, { method: "POST", path: definitions, type: json, body });
  const spec = { [`p${turn}`]: `${turn}${"x".repeat(10_000)}` };
  const thing = { apiVersion: `${group}/v1`, kind: "Thing", metadata: { name: "x" }, spec };
  await ask(siege, { method: "POST", path: things, type: json, body: JSON.stringify(thing) });
  for (const path of [things, `/apis/${group}`, `/openapi/v3/apis/${group}/v1`]) {
    await ask(siege, { path });
  }
  await ask(siege, { method: "DELETE", path: `${definitions}/things.${group}` });
}

/** Each state of it is an event that watches could still ask for. */
async function swell(siege: Siege, index: number): Promise<void> {
  const maps = "/api/v1/namespaces/siege/configmaps";
  const body = JSON.stringify({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: `swollen-${index}` },
    data: { large: random(siege).repeat(20_000) },
  });
  const path = `${maps}/swollen-${index}?fieldManager=siege&force=true`;
  await ask(siege, { method: "PATCH", path, type: "application/apply-patch+yaml", body });
}

/** Who nobody is, by ever new names, and what nobody serves. */
async function pretend(siege: Siege): Promise<void> {
  const name = random(siege);
  await ask(siege, {
    path: pick(siege, [
      `/api/v1/namespaces/${name}/pods`,
      `/api/v1/namespaces/siege/pods?fieldSelector=metadata.name%3D${name}&watch=1&timeoutSeconds=1`,
      `/apis/${name}.example.com/v1/things`,
      `/${name}`,
    ]),
    fields: {
      "impersonate-user": `user-${name}`,
      "impersonate-group": `group-${name}`,
      "impersonate-extra-note": "x".repeat(1_000),
    },
  });
}

/** A node that says it is one, with more labels, images and words than a node has. */
async function garbageNode(siege: Siege, index: number): Promise<void> {
  const name = `garbage-${index}`;
  const turn = random(siege);
  const labels = Object.fromEntries(
    Array.from({ length: 300 }, (_, at) => [`example.com/l${turn}-${at}`, turn]),
  );
  const metadata = { name, labels };
  const body = JSON.stringify({ metadata, spec: { unschedulable: true } });
  await ask(siege, { method: "POST", path: "/api/v1/nodes", type: json, body });
  const images = Array.from({ length: 300 }, (_, at) => ({
    names: [`example.test/${turn}:${at}`],
    sizeBytes: at,
  }));
  const conditions = Array.from({ length: 100 }, (_, at) => ({
    type: `C${turn}${at}`,
    status: "True",
    message: "m".repeat(500),
  }));
  const status = JSON.stringify({
    status: { images, conditions, capacity: { [`x.y/${turn}`]: "1" } },
  });
  const type = "application/merge-patch+json";
  await ask(siege, { method: "PATCH", path: `/api/v1/nodes/${name}/status`, type, body: status });
  await ask(siege, { method: "DELETE", path: `/api/v1/nodes/${name}` });
}

export const churn: readonly Attack[] = [
  { name: "definitions that come and go", run: (siege) => crowd(siege, 4, () => define(siege)) },
  {
    name: "large states of one object",
    async run(siege) {
      await crowd(siege, 4, (index) => swell(siege, index));
      for (const index of [0, 1, 2, 3]) {
        const path = `/api/v1/namespaces/siege/configmaps/swollen-${index}`;
        await ask(siege, { method: "DELETE", path });
      }
    },
  },
  {
    name: "users and names never used again",
    run: (siege) => crowd(siege, 8, () => pretend(siege)),
  },
  {
    name: "garbage nodes",
    run: (siege) => crowd(siege, 4, (index) => garbageNode(siege, index)),
  },
];
