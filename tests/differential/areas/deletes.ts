/** Deletes: propagation, grace, preconditions, dry runs, collections, finalizers, in the body and in the query. */
import { bases } from "../bases.ts";
import type { Choices } from "../random.ts";
import type { Answer } from "../side.ts";
import type { Scenario } from "../world.ts";
import type { Area, Setting } from "./area.ts";

const policies = ["Background", "Foreground", "Orphan", "", "x"];

function options(choices: Choices, answers: readonly Answer[]) {
  const stored = answers[0]?.body?.metadata ?? {};
  const maybe = <T>(share: number, value: () => T): T | undefined =>
    choices.fraction() < share ? value() : undefined;
  return {
    propagationPolicy: maybe(0.5, () => choices.of(policies)),
    gracePeriodSeconds: maybe(0.3, () => choices.of([0, 1, 30, -1])),
    orphanDependents: maybe(0.12, () => choices.fraction() < 0.5),
    dryRun: maybe(0.15, () => choices.of([["All"], ["x"], [], ["All", "All"]])),
    preconditions: maybe(0.3, () => ({
      uid: maybe(0.5, () => choices.of([stored.uid ?? "", "x", ""])),
      resourceVersion: maybe(0.5, () => choices.of([stored.resourceVersion ?? "", "1", "x"])),
    })),
    kind: maybe(0.1, () => choices.of(["DeleteOptions", "Pod"])),
    apiVersion: maybe(0.1, () => choices.of(["v1", "meta.k8s.io/v1", "apps/v1", "x/v9"])),
    unknownField: maybe(0.03, () => 1),
  };
}

/** The same choices for both sides, though each has its own uid. */
const twice = (choices: Choices) => {
  const start = choices.below(2 ** 31);
  return (make: (again: Choices) => Record<string, unknown>) => make(choices.fork(start));
};

async function remove(path: string, setting: Setting, scenario: Scenario): Promise<void> {
  const same = twice(setting.choices);
  const inQuery = setting.choices.fraction() < 0.25;
  const shown = JSON.stringify(same((again) => options(again, [])));
  await scenario.ask(`delete ${path} ${inQuery ? "by query" : ""} ${shown}`, (answers) => {
    const asked = same((again) => options(again, answers));
    if (!inQuery) return { method: "DELETE", path, body: asked };
    const query = new URLSearchParams();
    for (const name of ["propagationPolicy", "gracePeriodSeconds", "orphanDependents", "dryRun"])
      if (asked[name] !== undefined) query.set(name, String(asked[name]));
    return { method: "DELETE", path: `${path}?${query}` };
  });
  await scenario.ask("get deleted", { method: "GET", path });
}

const finalizers = [["example.com/f"], ["foregroundDeletion"], ["orphan"], []];

async function lives(setting: Setting): Promise<void> {
  const { choices, namespace } = setting;
  const kinds = bases.filter(
    ({ namespaced, stored, plural }) =>
      namespaced && stored && !/quota|limitrange|event/.test(plural),
  );
  for (let asked = 0; asked < setting.budget; asked += 6) {
    const base = choices.of(kinds);
    const scenario = setting.scenario();
    const name = `x${asked}`;
    const metadata = { ...base.object.metadata, name, finalizers: choices.of(finalizers) };
    const body = { ...base.at(namespace), metadata };
    const path = base.path(namespace);
    const created = await scenario.ask(`create ${base.object.kind}`, {
      method: "POST",
      path,
      body,
    });
    if (created.stock.code !== 201) continue;
    for (let turn = choices.below(3); turn >= 0; turn--)
      await remove(`${path}/${name}`, setting, scenario);
    const nothing = { metadata: { finalizers: null } };
    const contentType = "application/merge-patch+json";
    const clear = { method: "PATCH", path: `${path}/${name}`, contentType, body: nothing };
    await scenario.ask("clear finalizers", clear);
    await scenario.ask("delete at last", {
      method: "DELETE",
      path: `${path}/${name}`,
      body: { gracePeriodSeconds: 0, propagationPolicy: "Background" },
    });
  }
}

async function collections(setting: Setting): Promise<void> {
  const { choices, namespace } = setting;
  const maps = `/api/v1/namespaces/${namespace}/configmaps`;
  const selectors = ["labelSelector=a%3Db", "labelSelector=a", "fieldSelector=metadata.name%3Dm1"];
  const others = ["", "limit=1", "dryRun=All", "labelSelector=-", "resourceVersion=x", "dryRun=x"];
  for (let asked = 0; asked < setting.budget; asked += 8) {
    const scenario = setting.scenario();
    for (const [index, labels] of [{ a: "b" }, { a: "c" }, {}].entries()) {
      const body = { metadata: { name: `m${index}`, labels } };
      await scenario.ask("create ConfigMap", { method: "POST", path: maps, body });
    }
    const query = [choices.of([...selectors, ...others]), choices.of(others)].join("&");
    const same = twice(choices);
    const bodied = choices.fraction() < 0.5;
    await scenario.ask(`delete collection ${query}`, () => ({
      method: "DELETE",
      path: `${maps}?${query}`,
      ...(bodied ? { body: same((again) => options(again, [])) } : {}),
    }));
    await scenario.ask("list the rest", { method: "GET", path: maps });
    await scenario.ask("delete all", { method: "DELETE", path: maps });
  }
}

export const deletes: Area = {
  name: "deletes",
  weight: 2,
  parts: [
    { title: "lives", run: lives },
    { title: "other lives", run: lives },
    { title: "collections", run: collections },
  ],
};
