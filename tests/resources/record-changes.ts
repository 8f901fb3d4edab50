/**
 * `bun tests/resources/record-changes.ts KUBECONFIG FILE`: asks a stock server about several changes at once of every object that
 * the differential knows, and about changed statuses of those that change much there; writes its verdicts. What admission
 * decided is left out, and definitions, whose schemas have tests of their own.
 */
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { changed, changesOf } from "#tests/differential/areas/fields.ts";
import { type Base, bases } from "#tests/differential/bases.ts";
import { type Mutation, placesIn } from "#tests/differential/mutations.ts";
import { Choices } from "#tests/differential/random.ts";
import { type Answer, remoteSide, type Side } from "#tests/differential/side.ts";
import { valueFor } from "#tests/differential/values.ts";
import { wordsOf } from "#tests/differential/words.ts";
import type { ChangesCase } from "./changes-cases.ts";

const creates = 12;
const statuses = 40;
const words = wordsOf(bases.map(({ object }) => object));
const judged = new Set([200, 201, 422]);
const leftOut = /^(customresourcedefinitions|resource.*|device.*|.*reviews|namespaces)$/;
const withStatus = /^(pods|jobs|services|nodes|certificatesigningrequests)$/;

function caseOf({ code, body }: Answer): Pick<ChangesCase, "code" | "causes"> {
  const said: { reason?: string; field?: string }[] = body?.details?.causes ?? [];
  const causes = new Set(said.map(({ reason, field }) => `${reason} ${field}`));
  return { code, causes: [...causes].sort() };
}

async function created(stock: Side, base: Base, object: number): Promise<ChangesCase[]> {
  const choices = new Choices(object + 7);
  const cases: ChangesCase[] = [];
  for (let turn = 0; turn < creates; turn++) {
    const changes = changesOf(base, base.at("default"), { choices, words });
    if (changes.some(({ path }) => path[0] === "metadata")) continue;
    const answer = await stock.ask({
      method: "POST",
      path: `${base.path("default")}?dryRun=All&fieldValidation=Strict`,
      body: changed(base.at("default"), changes),
    });
    if (judged.has(answer.code)) cases.push({ object, op: "create", changes, ...caseOf(answer) });
  }
  return cases;
}

async function reported(stock: Side, base: Base, object: number): Promise<ChangesCase[]> {
  const choices = new Choices(object + 77);
  const path = base.path("default");
  const { code, body } = await stock.ask({ method: "POST", path, body: base.at("default") });
  if (code !== 201) return [];
  const one = `${path}/${base.object.metadata.name}`;
  const places = placesIn(base.schema, body).filter(
    ({ path }) => path[0] === "status" && path.length > 1,
  );
  const cases: ChangesCase[] = [];
  for (let turn = 0; turn < statuses; turn++) {
    const place = choices.of(places);
    const maker = { choices, words, strangeShare: 0 };
    const changes: Mutation[] = [
      { path: place.path, value: valueFor(maker, place.type, place.field) },
    ];
    const answer = await stock.ask({
      method: "PUT",
      path: `${one}/status?dryRun=All&fieldValidation=Strict`,
      body: changed(body, changes),
    });
    if (judged.has(answer.code)) cases.push({ object, op: "status", changes, ...caseOf(answer) });
  }
  await stock.ask({ method: "DELETE", path: one, body: { gracePeriodSeconds: 0 } });
  return cases;
}

const [kubeconfig = "", file = ""] = process.argv.slice(2);
const stock = remoteSide(kubeconfig);
const cases: ChangesCase[] = [];
for (const [object, base] of bases.entries()) {
  if (leftOut.test(base.plural)) continue;
  cases.push(...(await created(stock, base, object)));
  if (withStatus.test(base.plural)) cases.push(...(await reported(stock, base, object)));
}
await stock.close();
const lines = cases.map((one) => `${JSON.stringify(one)}\n`).join("");
writeFileSync(file, gzipSync(lines, { level: 9 }));
console.log(`${cases.length} cases`);
