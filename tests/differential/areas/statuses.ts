/** Subresources: status of everything that has one, scale, eviction, binding, ephemeral containers, resize, tokens. */
import type { Base } from "../bases.ts";
import {
  applied,
  jsonPatchOf,
  type Mutation,
  mergePatchOf,
  mutate,
  placesIn,
  shownMutation,
  valueAt,
} from "../mutations.ts";
import { valueFor } from "../values.ts";
import type { Scenario } from "../world.ts";
import type { Area, Setting } from "./area.ts";
import { removable, remove } from "./removable.ts";

/** A place of status, whether it is filled or not. */
function statusMutation(base: Base, object: unknown, { choices, words }: Setting): Mutation {
  const maker = { choices, words };
  const places = placesIn(base.schema, object).filter(({ path }) => path[0] === "status");
  if (places.length === 0 || choices.fraction() < 0.15) return mutate(maker, base.schema, object);
  const { path, type, field } = choices.of(places);
  return { path, value: valueFor(maker, type, field) };
}

async function change(
  base: Base,
  path: string,
  setting: Setting,
  scenario: Scenario,
): Promise<void> {
  const { choices } = setting;
  const { stock } = await scenario.ask(`get ${base.object.kind}`, { method: "GET", path });
  if (base.writtenByServer) return overwrite(base, path, setting, scenario);
  const mutation = statusMutation(base, stock.body, setting);
  const dry = choices.fraction() < 0.5 ? "?dryRun=All" : "";
  const where = `${path}/status${dry}`;
  const title = `status of ${base.object.kind} ${shownMutation(mutation)}`;
  const dice = choices.fraction();
  const merge = mergePatchOf(mutation);
  if (dice < 0.5)
    await scenario.ask(title, (answers) => ({
      method: "PUT",
      path: where,
      body: applied(answers.at(-1)?.body, mutation),
    }));
  else if (dice < 0.75 || merge === undefined) {
    const body = jsonPatchOf(mutation, valueAt(stock.body, mutation.path) !== undefined);
    const contentType = "application/json-patch+json";
    await scenario.ask(`json ${title}`, { method: "PATCH", path: where, contentType, body });
  } else {
    const type = dice < 0.88 ? "merge" : "strategic-merge";
    const contentType = `application/${type}-patch+json`;
    await scenario.ask(`${type} ${title}`, {
      method: "PATCH",
      path: where,
      contentType,
      body: merge,
    });
  }
}

const reported = {
  conditions: [
    {
      ...{ type: "Ready", status: "True", reason: "Fits", message: "m" },
      lastTransitionTime: "2026-01-02T03:04:05Z",
    },
  ],
};

/** Where the server's own controllers write the status too, it is replaced as a whole. */
async function overwrite(
  base: Base,
  path: string,
  setting: Setting,
  scenario: Scenario,
): Promise<void> {
  const sample = { ...base.at(setting.namespace), status: reported };
  const mutation = statusMutation(base, sample, setting);
  const { status } = applied(sample, mutation) as { status?: unknown };
  await scenario.ask(`status of ${base.object.kind} ${shownMutation(mutation)}`, (answers) => ({
    method: "PUT",
    path: `${path}/status?dryRun=All`,
    body: { ...answers.at(-1)?.body, status },
  }));
}

/** As a map of subresource to what is sent. */
function others(name: string, setting: Setting): Record<string, unknown> {
  const { choices } = setting;
  const replicas = choices.of<unknown>([0, 1, 5, -1, "x", null]);
  const container = { name: choices.of(["e", "a", ""]), image: choices.of(["x", ""]) };
  return {
    scale: { metadata: { name }, spec: { replicas } },
    eviction: {
      metadata: { name: choices.of([name, name, "y"]) },
      deleteOptions: { dryRun: ["All"] },
    },
    binding: {
      metadata: { name },
      target: { kind: choices.of(["Node", "Pod", ""]), name: choices.of(["n", ""]) },
    },
    ephemeralcontainers: { metadata: { name }, spec: { ephemeralContainers: [container] } },
    resize: {
      metadata: { name },
      spec: {
        containers: [
          { name: "a", image: "x", resources: { requests: { cpu: choices.of(["1", "-1", "2"]) } } },
        ],
      },
    },
    token: {
      spec: {
        expirationSeconds: choices.of([3600, 1, 2 ** 33, 600]),
        audiences: choices.of([[], ["a"]]),
      },
    },
    approval: { metadata: { name }, status: {} },
  };
}

const served: Readonly<Record<string, readonly string[]>> = {
  pods: ["eviction", "binding", "ephemeralcontainers", "resize"],
  deployments: ["scale"],
  replicasets: ["scale"],
  statefulsets: ["scale"],
  replicationcontrollers: ["scale"],
  serviceaccounts: ["token"],
};

async function subresource(
  base: Base,
  path: string,
  setting: Setting,
  scenario: Scenario,
): Promise<void> {
  const { choices } = setting;
  const name = choices.of(served[base.plural] ?? []);
  const body = others(base.object.metadata.name, setting)[name];
  const posts = name === "eviction" || name === "binding" || name === "token";
  const method = posts ? "POST" : choices.of(["PUT", "PATCH", "GET"]);
  const dry = name === "binding" || choices.fraction() < 0.6 ? "?dryRun=All" : "";
  const contentType = method === "PATCH" ? "application/merge-patch+json" : undefined;
  await scenario.ask(`${method} ${base.object.kind}/${name} ${JSON.stringify(body)}`, {
    method,
    path: `${path}/${name}${dry}`,
    ...(contentType === undefined ? {} : { contentType }),
    ...(method === "GET" ? {} : { body }),
  });
}

const perStored = 14;

async function statuses(base: Base, setting: Setting): Promise<void> {
  const { choices, namespace } = setting;
  const collection = base.path(namespace);
  const path = `${collection}/${base.object.metadata.name}`;
  for (let asked = 0; asked < setting.budget; asked += perStored) {
    const scenario = setting.scenario(base.writtenByServer);
    const body = base.at(namespace);
    await scenario.ask(`create ${base.object.kind}`, { method: "POST", path: collection, body });
    for (let turn = 0; turn < perStored / 2; turn++)
      if (served[base.plural] !== undefined && (choices.fraction() < 0.4 || !base.hasStatus))
        await subresource(base, path, setting, scenario);
      else if (base.hasStatus) await change(base, path, setting, scenario);
    await remove(base, path, scenario);
    await scenario.untilGone(path);
  }
}

const partsOf = (namespaced: boolean) =>
  removable
    .filter((base) => base.namespaced === namespaced)
    .filter((base) => base.hasStatus || served[base.plural] !== undefined)
    .map((base) => ({
      title: `${base.object.kind} ${base.object.metadata.name}`,
      run: (setting: Setting) => statuses(base, setting),
    }));

export const subresources: Area = { name: "subresources", weight: 3, parts: partsOf(true) };

export const clusterSubresources: Area = {
  name: "cluster: subresources",
  weight: 1,
  alone: true,
  parts: partsOf(false),
};
