/** Every field of every resource, broken, changed, added and taken away, on create; what was taken is built on. */

import { type Base, bases } from "../bases.ts";
import { applied, mutate, shownMutation } from "../mutations.ts";
import type { Area, Setting } from "./area.ts";

const kept = 24;

/** What upstream took becomes what the next mutations start from. */
async function grow(base: Base, setting: Setting): Promise<void> {
  const { choices, words, namespace } = setting;
  const maker = { choices, words };
  const pool: unknown[] = [base.at(namespace)];
  for (let asked = 0; asked < setting.budget; asked++) {
    const start = choices.of(pool);
    const mutation = mutate(maker, base.schema, start);
    const body = applied(start, mutation);
    const validation = choices.of(["Strict", "Strict", "Warn", "Ignore"]);
    const title = `create ${base.object.kind} ${shownMutation(mutation)}`;
    const path = `${base.path(namespace)}?dryRun=All&fieldValidation=${validation}`;
    const { stock, alike } = await setting.scenario().ask(title, { method: "POST", path, body });
    if (!alike || stock.code >= 300 || mutation.value === undefined) continue;
    if (pool.length >= kept) pool.splice(1 + choices.below(kept - 1), 1);
    pool.push(body);
  }
}

export const creates: Area = {
  name: "create",
  weight: 5,
  parts: bases.map((base) => ({
    title: `${base.object.kind} ${base.object.metadata?.name ?? ""}`,
    run: (setting) => grow(base, setting),
  })),
};
