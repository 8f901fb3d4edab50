/**
 * Fields of every resource broken, one to four of an object at once, in objects to which parts of others were added: volumes,
 * probes, affinities that the recorded ones lack. What differs is shrunk to the changes that it takes.
 */
import { type Base, bases } from "../bases.ts";
import { graft } from "../examples.ts";
import { applied, type Mutation, mutate, shownMutation } from "../mutations.ts";
import type { Asked, Scenario } from "../world.ts";
import type { Area, Setting } from "./area.ts";
import { removable, remove } from "./removable.ts";

type Ask = (mutations: readonly Mutation[]) => Asked;

/** In this order; a later one may stand in what an earlier one made. */
export function changesOf(
  base: Base,
  start: unknown,
  { choices, words }: Pick<Setting, "choices" | "words">,
): Mutation[] {
  const maker = { choices, words, strangeShare: 0.01 };
  const changes: Mutation[] = [];
  let object = start;
  const add = (change: Mutation | undefined): void => {
    if (change === undefined) return;
    changes.push(change);
    object = applied(object, change);
  };
  for (let turn = choices.below(4); turn > 0; turn--) add(graft(choices, base.schema, object));
  for (let turn = 1 + choices.below(3); turn > 0; turn--) add(mutate(maker, base.schema, object));
  return changes;
}

export const changed = (object: unknown, changes: readonly Mutation[]): unknown =>
  changes.reduce(applied, object);

/** The fewest changes that still differ, and how. */
async function shrunk(
  scenario: Scenario,
  changes: readonly Mutation[],
  ask: Ask,
): Promise<{ changes: readonly Mutation[]; difference: string | undefined }> {
  for (let index = changes.length - 1; index >= 0; index--) {
    const fewer = changes.toSpliced(index, 1);
    if (fewer.length === 0) continue;
    const difference = await scenario.differs(ask(fewer));
    if (difference === undefined) continue;
    const further = await shrunk(scenario, fewer, ask);
    return { changes: further.changes, difference: further.difference ?? difference };
  }
  return { changes, difference: undefined };
}

const shown = (changes: readonly Mutation[]): string => changes.map(shownMutation).join(" and ");

/** Asks, and says what the least of it is that differs. */
export async function askShrinking(
  { title, scenario }: { title: string; scenario: Scenario },
  changes: readonly Mutation[],
  ask: Ask,
): Promise<void> {
  const difference = await scenario.differs(ask(changes));
  if (difference === undefined) return scenario.note(title, undefined);
  const least = await shrunk(scenario, changes, ask);
  scenario.note(`${title} ${shown(least.changes)}`, least.difference ?? difference);
}

async function creates(base: Base, setting: Setting): Promise<void> {
  const object = base.at(setting.namespace);
  const path = `${base.path(setting.namespace)}?dryRun=All&fieldValidation=Strict`;
  const scenario = setting.scenario();
  const title = `create ${base.object.kind}`;
  for (let asked = 0; asked < setting.budget; asked++)
    await askShrinking({ title, scenario }, changesOf(base, object, setting), (changes) => ({
      method: "POST",
      path,
      body: changed(object, changes),
    }));
}

/** As a server answered it. */
interface Answered {
  readonly metadata?: Readonly<Record<string, unknown>>;
}

function withoutVersion(object: Answered | undefined): unknown {
  const { uid: _, managedFields: __, ...metadata } = object?.metadata ?? {};
  return { ...object, metadata };
}

/** Text that the sides handed out differently: names of volumes, addresses, uids; the stock server's to the own one. */
function handedOut(theirs: unknown, own: unknown, known = new Map<string, string>()) {
  if (typeof theirs === "string" && typeof own === "string" && theirs !== own)
    known.set(theirs, own);
  if (typeof theirs === "object" && typeof own === "object" && theirs !== null && own !== null) {
    const fields = new Map(Object.entries(own));
    for (const [name, value] of Object.entries(theirs)) handedOut(value, fields.get(name), known);
  }
  return known;
}

/** Changes were made up from the stock server's object. */
function changedOwn(
  own: Answered | undefined,
  changes: readonly Mutation[],
  theirs: unknown,
): unknown {
  let text = JSON.stringify(changes);
  for (const [from, to] of handedOut(theirs, own))
    text = text.replaceAll(JSON.stringify(from), JSON.stringify(to));
  const kept = changes.map(({ value }) => value === undefined);
  const translated: Mutation[] = JSON.parse(text);
  return changed(
    withoutVersion(own),
    translated.map((change, index) => (kept[index] ? { ...change, value: undefined } : change)),
  );
}

/** An update of the stored object, or of its status. */
async function updates(base: Base, setting: Setting): Promise<void> {
  const { choices, namespace } = setting;
  const collection = base.path(namespace);
  const scenario = setting.scenario(base.writtenByServer);
  const body = base.at(namespace);
  const made = await scenario.ask(`create ${base.object.kind}`, {
    method: "POST",
    path: collection,
    body,
  });
  if (made.stock.code !== 201) return;
  const path = `${collection}/${base.object.metadata.name}`;
  const { stock } = await scenario.ask(`get ${base.object.kind}`, { method: "GET", path });
  const object = withoutVersion(stock.body);
  for (let asked = 0; asked < setting.budget; asked++) {
    const status = base.hasStatus && choices.fraction() < 0.15 ? "/status" : "";
    const title = `update${status} ${base.object.kind}`;
    const asked = `${path}${status}?dryRun=All&fieldValidation=Strict`;
    await askShrinking(
      { title, scenario },
      changesOf(base, object, setting),
      // Each side's own object: addresses and uids are in it.
      (changes) => (answers) => ({
        method: "PUT",
        path: asked,
        body: changedOwn(answers.at(-1)?.body, changes, stock.body),
      }),
    );
  }
  await remove(base, path, scenario);
  await scenario.untilGone(path);
}

const title = (base: Base): string =>
  `${base.object.kind} ${base.object.metadata?.name ?? base.plural}`;

export const fields: Area = {
  name: "fields",
  weight: 6,
  parts: bases.map((base) => ({ title: title(base), run: (setting) => creates(base, setting) })),
};

export const fieldUpdates: Area = {
  name: "updated fields",
  weight: 6,
  alone: true,
  parts: removable.map((base) => ({
    title: title(base),
    run: (setting) => updates(base, setting),
  })),
};
