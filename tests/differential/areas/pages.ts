/** Pages of lists while others write: tokens over deletes, other selectors, other limits, tampered tokens, and every way to name a version. */
import type { Choices } from "../random.ts";
import type { Answer, Question } from "../side.ts";
import type { Scenario } from "../world.ts";
import type { Area, Setting } from "./area.ts";
import { create, patch, read, remove } from "./questions.ts";

const names = Array.from({ length: 8 }, (_, index) => `m${index}`);
const labelings = [{ a: "b" }, { a: "c" }, {}];
const selectors = ["", "", "", "a=b", "a", "!a"];
const fields = ["", "", "", "metadata.name!=m3", "metadata.name=m2"];

async function write(maps: string, choices: Choices, scenario: Scenario): Promise<void> {
  const name = choices.of(names);
  const labels = choices.of(labelings);
  const dice = choices.fraction();
  if (dice < 0.4)
    await scenario.ask(`create ${name}`, create(maps, { metadata: { name, labels } }));
  else if (dice < 0.7) await scenario.ask(`delete ${name}`, remove(`${maps}/${name}`));
  else {
    const body = { metadata: { labels: { a: null, ...labels } } };
    await scenario.ask(`label ${name}`, patch("merge", `${maps}/${name}`, body));
  }
}

/** Of the answers before, by kind. */
const lists = (answers: readonly Answer[]) =>
  answers.map(({ body }) => body).filter((body) => Array.isArray(body?.items));
const tokenOf = (answers: readonly Answer[], back: number): string =>
  lists(answers)
    .map(({ metadata }) => metadata.continue)
    .filter(Boolean)
    .at(-1 - back) ?? "";
const versionOf = (answers: readonly Answer[], back: number): string =>
  answers
    .map(({ body }) => body?.metadata?.resourceVersion)
    .filter(Boolean)
    .at(-1 - back) ?? "1";

/** What a client makes of a token: nothing, mostly. */
const tamperings: readonly ((token: string) => string)[] = [
  ...Array.from({ length: 10 }, () => (token: string) => token),
  (token) => token.slice(0, -3),
  (token) => `${token}x`,
  (token) => encoded({ ...decoded(token), v: "meta.k8s.io/v2" }),
  (token) => encoded({ ...decoded(token), rv: 0 }),
  (token) => encoded({ ...decoded(token), start: "" }),
  (token) => encoded({ ...decoded(token), start: "../../secrets/" }),
  (token) => encoded({ ...decoded(token), rv: -1 }),
  () => "x",
];

const encoded = (token: object): string => Buffer.from(JSON.stringify(token)).toString("base64url");

function decoded(token: string): object {
  return token === "" ? {} : JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
}

const versions = ["", "", "0", "last", "older", "older"];
const matches = ["", "", "Exact", "NotOlderThan"];
const tables = "application/json;as=Table;v=v1;g=meta.k8s.io";
const partial = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
const accepts = ["application/json", "application/json", "application/json", tables, partial];

function page(maps: string, choices: Choices) {
  const asked = {
    limit: choices.of(["", "1", "2", "3", "5"]),
    labelSelector: choices.of(selectors),
    fieldSelector: choices.of(fields),
    resourceVersion: choices.of(versions),
    resourceVersionMatch: choices.of(matches),
  };
  const [back, accept] = [choices.below(6), choices.of(accepts)];
  const title = `list ${JSON.stringify(asked)} ${back} as ${accept}`;
  const question = (answers: readonly Answer[]): Question => {
    const version = { last: versionOf(answers, 0), older: versionOf(answers, back) };
    const query = { ...asked, ...wordOf(version, asked.resourceVersion) };
    return read(`${maps}?${queryOf(query)}`, accept);
  };
  return { title, question };
}

const wordOf = (known: Readonly<Record<string, string>>, word: string) => ({
  resourceVersion: known[word] ?? word,
});

const queryOf = (asked: Readonly<Record<string, string>>): URLSearchParams =>
  new URLSearchParams(Object.entries(asked).filter(([, value]) => value !== ""));

/** The rest of a list: as a client should ask for it, or with something else beside the token. */
function rest(maps: string, choices: Choices) {
  const tamper = choices.of(tamperings);
  const asked = {
    limit: choices.of(["", "1", "2", "3"]),
    labelSelector: choices.of(selectors),
    fieldSelector: choices.of(fields),
    resourceVersion: choices.of(["", "", "", "", "0", "last"]),
    resourceVersionMatch: choices.of(["", "", "", "", "Exact", "NotOlderThan"]),
  };
  const back = choices.below(3);
  const title = `go on ${JSON.stringify(asked)} ${back} ${tamper}`;
  const question = (answers: readonly Answer[]): Question => {
    const resourceVersion = wordOf({ last: versionOf(answers, 0) }, asked.resourceVersion);
    const token = tokenOf(answers, back);
    // The token of the one is none of the other's: only what a client does to it is the same.
    const changed = token === "" ? "" : tamper(token);
    return read(`${maps}?${queryOf({ ...asked, ...resourceVersion, continue: changed })}`);
  };
  return { title, question };
}

const turnsPerHistory = 30;

async function histories(setting: Setting): Promise<void> {
  const { choices, namespace } = setting;
  const maps = `/api/v1/namespaces/${namespace}/configmaps`;
  for (let asked = 0; asked < setting.budget; asked += turnsPerHistory + names.length) {
    const scenario = setting.scenario();
    for (const name of names.slice(1)) {
      const body = { metadata: { name, labels: choices.of(labelings) } };
      await scenario.ask(`create ${name}`, create(maps, body));
    }
    for (let turn = 0; turn < turnsPerHistory; turn++) {
      const dice = choices.fraction();
      if (dice < 0.3) await write(maps, choices, scenario);
      else {
        const { title, question } = dice < 0.65 ? page(maps, choices) : rest(maps, choices);
        await scenario.ask(title, question);
      }
    }
    await scenario.ask("delete all", remove(maps));
  }
}

export const pages: Area = {
  name: "pages",
  weight: 2,
  parts: ["one", "two", "three"].map((title) => ({ title, run: histories })),
};
