/**
 * Every field of every resource, present or not, broken in every way that its type suggests, on create and on update:
 * what the other areas leave to chance is walked through here, in an order that the seed shuffles, as far as the budget goes.
 */
import { type Base, bases } from "../bases.ts";
import { applied, type Mutation, placesIn, shownMutation, valueAt } from "../mutations.ts";
import { breakagesOf, textOf } from "../walk/breakages.ts";
import { rich } from "../walk/rich.ts";
import type { Json, Words } from "../words.ts";
import type { Area, Setting } from "./area.ts";
import { isRemovable, remove } from "./removable.ts";

const likely = 12;

/** Every single change to an object. */
export function changesTo(base: Base, object: unknown, words: Words): Mutation[] {
  return placesIn(base.schema, object).flatMap((place) =>
    // Recorded JSON holds nothing else.
    breakagesOf(
      place,
      valueAt(object, place.path) as Json | undefined,
      words.of(place.field).slice(0, likely),
    ).map((value) => ({ path: place.path, value })),
  );
}

function shuffled<T>(items: readonly T[], setting: Setting): T[] {
  const all = [...items];
  for (let index = all.length - 1; index > 0; index--) {
    const other = setting.choices.below(index + 1);
    const [a, b] = [all[index], all[other]];
    if (a !== undefined && b !== undefined) [all[index], all[other]] = [b, a];
  }
  return all.slice(0, setting.budget);
}

const validations = ["Strict", "Strict", "Warn", "Ignore", ""];

async function creates(base: Base, setting: Setting): Promise<void> {
  const { namespace, choices, words } = setting;
  const object = base.at(namespace);
  const contentType = "application/json";
  for (const change of shuffled(changesTo(base, object, words), setting)) {
    const query = `?dryRun=All&fieldValidation=${choices.of(validations)}`;
    const body = textOf(applied(object, change));
    const path = base.path(namespace) + query;
    const title = `create ${base.object.kind} ${base.object.metadata?.name} ${shownMutation(change)}`;
    await setting.scenario().ask(title, { method: "POST", path, body, contentType });
  }
}

function asSent(stored: { readonly metadata: Readonly<Record<string, unknown>> }): unknown {
  const { managedFields: _, ...metadata } = stored.metadata;
  return { ...stored, metadata };
}

/** Of what each side stored: addresses and uids are its own. */
async function updates(base: Base, setting: Setting): Promise<void> {
  const { namespace, choices, words } = setting;
  const collection = base.path(namespace);
  const contentType = "application/json";
  const scenario = setting.scenario(base.writtenByServer);
  const title = `create ${base.object.kind} ${base.object.metadata.name}`;
  const body = base.at(namespace);
  const made = await scenario.ask(title, { method: "POST", path: collection, body });
  if (made.stock.code !== 201) return;
  const path = `${collection}/${base.object.metadata.name}`;
  const { stock } = await scenario.ask(`get ${base.object.kind}`, { method: "GET", path });
  const index = 1;
  // Changes are made up from the stock server's object: its uids and volumes would be wrong elsewhere.
  const foreign = ({ value }: Mutation): boolean => {
    const text = JSON.stringify(value) ?? "";
    return text.includes(stock.body.metadata.uid) || text.includes('"kube-api-access-');
  };
  for (const change of shuffled(changesTo(base, asSent(stock.body), words), setting)) {
    // What the server itself writes of it is not there on both sides.
    const isServers = base.writtenByServer === true && change.path[0] === "status";
    if (foreign(change) || isServers) continue;
    const inStatus = change.path[0] === "status" || choices.fraction() < 0.1;
    const part = base.hasStatus && inStatus ? "/status" : "";
    const query = `?dryRun=All&fieldValidation=${choices.of(validations)}`;
    await scenario.ask(
      `update${part} ${base.object.kind} ${base.object.metadata.name} ${shownMutation(change)}`,
      (answers) => ({
        method: "PUT",
        path: path + part + query,
        body: textOf(applied(asSent(answers[index]?.body), change)),
        contentType,
      }),
    );
  }
  await remove(base, path, scenario);
  await scenario.untilGone(path);
}

const all = [...bases, ...rich];
const titleOf = (base: Base): string =>
  `${base.object.kind} ${base.object.metadata?.name ?? base.plural}`;

export const walk: Area = {
  name: "walk",
  weight: 4,
  parts: all.map((base) => ({ title: titleOf(base), run: (setting) => creates(base, setting) })),
};

export const walkUpdates: Area = {
  name: "walked updates",
  weight: 4,
  alone: true,
  parts: all
    .filter(isRemovable)
    .map((base) => ({ title: titleOf(base), run: (setting) => updates(base, setting) })),
};
