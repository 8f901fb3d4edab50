/**
 * `bun tests/resources/record-validation.ts KUBECONFIG FILE [SEED] [COUNT]`: asks a stock server about one changed, added or
 * broken field of each object of golden/defaults.json, on create and on update of what is stored, COUNT (default 24) of each,
 * half of them by chance and half out of every way that a field's type suggests; writes its verdicts: Cases, as
 * validation-cases.ts reads them. What admission or another stored object decided is left out: the replay has neither.
 */
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { changesTo } from "#tests/differential/areas/walk.ts";
import { type Base, bases } from "#tests/differential/bases.ts";
import { applied, type Mutation, mutate } from "#tests/differential/mutations.ts";
import { Choices } from "#tests/differential/random.ts";
import { type Answer, remoteSide, type Side } from "#tests/differential/side.ts";
import { wordsOf } from "#tests/differential/words.ts";
import recorded from "../golden/defaults.json" with { type: "json" };

const words = wordsOf(bases.map(({ object }) => object));
const judged = new Set([200, 201, 400, 422]);

const causesOf = ({ body }: Answer): [string, string][] =>
  (body?.details?.causes ?? []).map(({ reason = "", field = "" }): [string, string] => [
    reason,
    field,
  ]);

interface Asking {
  readonly stock: Side;
  readonly base: Base;
  readonly object: number;
  readonly choices: Choices;
  readonly count: number;
}

/** As JSON says it: raw numbers have their own place. */
const isPlain = ({ value }: Mutation): boolean =>
  !/"\$(raw|again)/.test(JSON.stringify(value) ?? "");

function mutations({ base, choices, count }: Asking, object: unknown): Mutation[] {
  const walked = changesTo(base, object, words).filter(isPlain);
  return Array.from({ length: count }, (_, turn) =>
    turn % 2 === 0 ? choices.of(walked) : mutate({ choices, words }, base.schema, object),
  );
}

function lineOf(
  { object }: Asking,
  { op, change }: { op: "create" | "update"; change: Mutation },
  answer: Answer,
): string[] {
  // Double owners are warned of by the server, not by a resource.
  const doubled = answer.warnings.some((warning) => warning.includes("ownerReferences"));
  if (!judged.has(answer.code) || doubled) return [];
  const { path, value } = change;
  return [
    JSON.stringify({
      ...{ object, op, path, value: value === undefined ? { $delete: true } : value },
      ...{
        code: answer.code,
        reason: answer.code >= 400 ? answer.body?.reason : undefined,
        causes: causesOf(answer),
      },
      ...(answer.warnings.length > 0 ? { warnings: answer.warnings.length } : {}),
    }),
  ];
}

const query = "?dryRun=All&fieldValidation=Strict";

async function creates(asking: Asking): Promise<string[]> {
  const { stock, base } = asking;
  const lines: string[] = [];
  for (const change of mutations(asking, base.object)) {
    const path = base.path("default") + query;
    const body = applied(base.object, change);
    const answer = await stock.ask({ method: "POST", path, body });
    lines.push(...lineOf(asking, { op: "create", change }, answer));
  }
  return lines;
}

/** What is stored, as it was answered: what names one object of one server is no part of a verdict. */
async function updates(asking: Asking): Promise<string[]> {
  const { stock, base } = asking;
  const collection = base.path("default");
  const made = await stock.ask({ method: "POST", path: collection, body: base.object });
  if (made.code !== 201 || !base.stored) return [];
  const path = `${collection}/${made.body.metadata.name}`;
  const { uid: _, resourceVersion: __, managedFields: ___, ...kept } = made.body.metadata;
  const { creationTimestamp: ____, ...metadata } = kept;
  const lines: string[] = [];
  const object = { ...made.body, metadata };
  for (const change of mutations(asking, object)) {
    const own = /[0-9a-f]{8}-[0-9a-f]{4}-|"10\.0\.\d|nodePort|controller-uid/i;
    if (own.test(JSON.stringify(change.value) ?? "")) continue;
    const body = applied(object, change);
    const answer = await stock.ask({ method: "PUT", path: path + query, body });
    lines.push(...lineOf(asking, { op: "update", change }, answer));
  }
  await stock.ask({ method: "DELETE", path, body: { gracePeriodSeconds: 0 } });
  return lines;
}

async function record(kubeconfig: string, seed: number, count: number): Promise<string[]> {
  const stock = remoteSide(kubeconfig);
  const asked = bases.slice(0, recorded.length);
  const lines: string[] = [];
  for (const [object, base] of asked.entries()) {
    const asking = { stock, base, object, choices: new Choices(seed * 1000 + object), count };
    const [one, other] = await Promise.all([creates(asking), updates(asking)]);
    lines.push(...one, ...other);
  }
  await stock.close();
  return lines;
}

const [kubeconfig = "", file = "", seed = "1", count = "24"] = process.argv.slice(2);
const lines = await record(kubeconfig, Number(seed), Number(count));
writeFileSync(file, gzipSync(`${lines.join("\n")}\n`, { level: 9 }));
console.log(`${lines.length} verdicts`);
