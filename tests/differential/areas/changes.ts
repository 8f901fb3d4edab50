/** Every field of every stored resource changed: by update, by each kind of patch, and in its status. */
import type { Base } from "../bases.ts";
import {
  applied,
  jsonPatchOf,
  type Mutation,
  mergePatchOf,
  mutate,
  shownMutation,
  valueAt,
} from "../mutations.ts";
import type { Scenario } from "../world.ts";
import type { Area, Setting } from "./area.ts";
import { removable } from "./removable.ts";

interface Stored {
  readonly base: Base;
  readonly path: string;
  // biome-ignore lint/suspicious/noExplicitAny: objects of every shape
  readonly object: any;
}

/** Stores what grew out of the base by some mutations that upstream takes. */
async function store(
  base: Base,
  setting: Setting,
  scenario: Scenario,
): Promise<Stored | undefined> {
  const { choices, words, namespace } = setting;
  const collection = base.path(namespace);
  let object = base.at(namespace);
  for (let step = choices.below(4); step > 0; step--) {
    const mutation = mutate({ choices, words }, base.schema, object);
    const next = applied(object, mutation);
    if (mutation.path[0] === "metadata" && mutation.path[1] !== "labels") continue;
    const path = `${collection}?dryRun=All&fieldValidation=Strict`;
    const title = `create ${base.object.kind} ${shownMutation(mutation)}`;
    const { stock, alike } = await scenario.ask(title, { method: "POST", path, body: next });
    if (alike && stock.code < 300) object = next;
  }
  const title = `create ${base.object.kind} ${JSON.stringify(object)}`;
  const { stock } = await scenario.ask(title, { method: "POST", path: collection, body: object });
  if (stock.code !== 201) return undefined;
  return { base, path: `${collection}/${stock.body.metadata.name}`, object };
}

const patchTypes = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
};

async function change(stored: Stored, setting: Setting, scenario: Scenario): Promise<void> {
  const { base, path, object } = stored;
  const { choices, words } = setting;
  const mutation = mutate({ choices, words }, base.schema, object);
  // What the server itself writes of it is not there on both sides.
  if (base.writtenByServer && mutation.path[0] === "status") return;
  const shown = shownMutation(mutation);
  const validation = choices.of(["Strict", "Warn", "Ignore"]);
  const dry = choices.fraction() < 0.7 ? "dryRun=All&" : "";
  const query = `?${dry}fieldValidation=${validation}`;
  const dice = choices.fraction();
  if (dice < 0.5) {
    const title = `update ${base.object.kind} ${shown}`;
    await scenario.ask(title, {
      method: "PUT",
      path: path + query,
      body: applied(object, mutation),
    });
    return;
  }
  await patch(stored, { mutation, query, dice }, scenario);
}

async function patch(
  { base, path, object }: Stored,
  { mutation, query, dice }: { mutation: Mutation; query: string; dice: number },
  scenario: Scenario,
): Promise<void> {
  const merge = mergePatchOf(mutation);
  const present = valueAt(object, mutation.path) !== undefined;
  const type = merge === undefined || dice < 0.66 ? "json" : dice < 0.83 ? "merge" : "strategic";
  const body = type === "json" ? jsonPatchOf(mutation, present) : merge;
  const title = `${type} patch ${base.object.kind} ${shownMutation(mutation)}`;
  const contentType = patchTypes[type];
  await scenario.ask(title, { method: "PATCH", path: path + query, contentType, body });
}

const perStored = 12;

async function changes(base: Base, setting: Setting): Promise<void> {
  for (let asked = 0; asked < setting.budget; asked += perStored) {
    const scenario = setting.scenario(base.writtenByServer);
    const stored = await store(base, setting, scenario);
    if (stored === undefined) continue;
    for (let turn = 0; turn < perStored; turn++) await change(stored, setting, scenario);
    const title = `get ${base.object.kind}`;
    await scenario.ask(title, { method: "GET", path: stored.path });
    const nothing = { gracePeriodSeconds: 0, propagationPolicy: "Background" };
    await scenario.ask(`delete ${base.object.kind}`, {
      method: "DELETE",
      path: stored.path,
      body: nothing,
    });
    await letGo(stored, scenario);
  }
}

/** What finalizers hold. */
async function letGo({ base, path }: Stored, scenario: Scenario): Promise<void> {
  if (base.plural === "customresourcedefinitions") return scenario.untilGone(path);
  const { stock } = await scenario.ask(`get deleted ${base.object.kind}`, { method: "GET", path });
  if (stock.code !== 200) return;
  await scenario.ask(`finalizers of ${base.object.kind}`, {
    method: "PATCH",
    path,
    contentType: patchTypes.merge,
    body: { metadata: { finalizers: null } },
  });
}

const partsOf = (namespaced: boolean) =>
  removable
    .filter((base) => base.namespaced === namespaced)
    .map((base) => ({
      title: `${base.object.kind} ${base.object.metadata.name}`,
      run: (setting: Setting) => changes(base, setting),
    }));

export const updates: Area = { name: "update and patch", weight: 5, parts: partsOf(true) };

export const clusterUpdates: Area = {
  name: "cluster: update and patch",
  weight: 3,
  alone: true,
  parts: partsOf(false),
};
