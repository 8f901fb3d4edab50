/**
 * `bun tests/resources/record-validation.ts KUBECONFIG FILE`: asks a stock server about one changed, added or broken field
 * of each object of golden/defaults.json, and writes its verdicts: Cases, as validation-cases.ts reads them. What admission
 * or another stored object decided is left out: the replay has neither.
 */
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { type Base, bases } from "#tests/differential/bases.ts";
import { applied, mutate } from "#tests/differential/mutations.ts";
import { Choices } from "#tests/differential/random.ts";
import { type Answer, remoteSide, type Side } from "#tests/differential/side.ts";
import { wordsOf } from "#tests/differential/words.ts";
import recorded from "../golden/defaults.json" with { type: "json" };

const perObject = 24;
const words = wordsOf(bases.map(({ object }) => object));
const judged = new Set([201, 400, 422]);

const causesOf = ({ body }: Answer): [string, string][] =>
  (body?.details?.causes ?? []).map(({ reason = "", field = "" }): [string, string] => [
    reason,
    field,
  ]);

async function verdicts(stock: Side, base: Base, object: number): Promise<string[]> {
  const choices = new Choices(object + 1);
  const lines: string[] = [];
  for (let turn = 0; turn < perObject; turn++) {
    const { path, value } = mutate({ choices, words }, base.schema, base.object);
    const answer = await stock.ask({
      method: "POST",
      path: `${base.path("default")}?dryRun=All&fieldValidation=Strict`,
      body: applied(base.object, { path, value }),
    });
    // Double owners are warned of by the server, not by a resource.
    const doubled = answer.warnings.some((warning) => warning.includes("ownerReferences"));
    if (!judged.has(answer.code) || doubled) continue;
    lines.push(
      JSON.stringify({
        ...{ object, op: "create", path, value: value === undefined ? { $delete: true } : value },
        ...{
          code: answer.code,
          reason: answer.code >= 400 ? answer.body?.reason : undefined,
          causes: causesOf(answer),
        },
        ...(answer.warnings.length > 0 ? { warnings: answer.warnings.length } : {}),
      }),
    );
  }
  return lines;
}

async function record(kubeconfig: string): Promise<string[]> {
  const stock = remoteSide(kubeconfig);
  const asked = bases.slice(0, recorded.length);
  const lines = await Promise.all(asked.map((base, object) => verdicts(stock, base, object)));
  await stock.close();
  return lines.flat();
}

const [kubeconfig = "", file = ""] = process.argv.slice(2);
writeFileSync(file, gzipSync(`${(await record(kubeconfig)).join("\n")}\n`, { level: 9 }));
