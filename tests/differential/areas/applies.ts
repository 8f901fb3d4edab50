/** Server-side apply in sequences: several managers, conflicts, force, removal, other writes between. */
import { type Base, bases } from "../bases.ts";
import { applied, mutate, placesIn, shownMutation, valueAt } from "../mutations.ts";
import type { Choices } from "../random.ts";
import type { Json } from "../words.ts";
import type { Scenario } from "../world.ts";
import type { Area, Setting } from "./area.ts";
import { remove } from "./removable.ts";

const managers = ["one", "two", "three"];

/** A part of the object: some of its fields left out, and some other values. */
function configuration(base: Base, setting: Setting): unknown {
  const { choices, words } = setting;
  let config = base.at(setting.namespace);
  for (let turn = choices.below(3); turn > 0; turn--) {
    const places = placesIn(base.schema, config).filter(
      ({ present, path }) => present && path.length > 1 && path[0] !== "metadata",
    );
    if (places.length === 0) break;
    const { path } = choices.of(places);
    if (valueAt(config, path) !== undefined) config = applied(config, { path, value: undefined });
  }
  if (choices.fraction() < 0.6)
    config = applied(config, mutate({ choices, words }, base.schema, config));
  return config;
}

async function apply(
  path: string,
  base: Base,
  setting: Setting,
  scenario: Scenario,
): Promise<void> {
  const { choices } = setting;
  const manager = choices.of(managers);
  const force = choices.fraction() < 0.3 ? "&force=true" : "";
  const dry = choices.fraction() < 0.1 ? "&dryRun=All" : "";
  const validation = choices.of(["Strict", "Warn", "Ignore"]);
  const body = configuration(base, setting);
  const title = `apply ${manager}${force}${dry} ${JSON.stringify(body)}`;
  await scenario.ask(title, {
    method: "PATCH",
    path: `${path}?fieldManager=${manager}${force}${dry}&fieldValidation=${validation}`,
    contentType: "application/apply-patch+yaml",
    body,
  });
}

async function write(
  path: string,
  base: Base,
  setting: Setting,
  scenario: Scenario,
): Promise<void> {
  const { choices, words } = setting;
  const mutation = mutate({ choices, words }, base.schema, base.at(setting.namespace));
  const manager = choices.of(managers);
  const title = `update by ${manager} ${shownMutation(mutation)}`;
  const body = applied(base.at(setting.namespace), mutation);
  await scenario.ask(title, { method: "PUT", path: `${path}?fieldManager=${manager}`, body });
}

async function reset(path: string, choices: Choices, scenario: Scenario): Promise<void> {
  const managedFields: Json = choices.of<Json>([[], [{}], null]);
  const contentType = "application/merge-patch+json";
  const body = { metadata: { managedFields } };
  const title = `managers become ${JSON.stringify(managedFields)}`;
  await scenario.ask(title, { method: "PATCH", path, contentType, body });
}

async function sequence(base: Base, setting: Setting): Promise<void> {
  const { choices, namespace } = setting;
  const path = `${base.path(namespace)}/${base.object.metadata.name}`;
  for (let asked = 0; asked < setting.budget; asked += 8) {
    const scenario = setting.scenario();
    const body = base.at(namespace);
    if (choices.fraction() < 0.5)
      await scenario.ask(`create ${base.object.kind}`, {
        method: "POST",
        path: base.path(namespace),
        body,
      });
    for (let turn = 0; turn < 7; turn++) {
      const dice = choices.fraction();
      if (dice < 0.7) await apply(path, base, setting, scenario);
      else if (dice < 0.92) await write(path, base, setting, scenario);
      else await reset(path, choices, scenario);
    }
    await remove(base, path, scenario);
  }
}

const chosen =
  /^(pods|services|configmaps|secrets|deployments|statefulsets|jobs|ingresses|roles|endpointslices|serviceaccounts|networkpolicies|persistentvolumeclaims|horizontalpodautoscalers)$/;

export const applies: Area = {
  name: "apply",
  weight: 3,
  parts: bases
    .filter(({ namespaced, stored, plural }) => namespaced && stored && chosen.test(plural))
    .map((base) => ({
      title: `${base.object.kind} ${base.object.metadata.name}`,
      run: (setting) => sequence(base, setting),
    })),
};
