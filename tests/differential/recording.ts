/** What a stock server answered, kept in a file: a side that answers the same questions again where there is no such server. */
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Answer, Question, Side } from "./side.ts";

/** Of the run that is recorded and of every replay: names of namespaces begin with it. */
export const recordedName = "golden";

type Kept = readonly [question: string, answer: Answer];

const textOf = ({ method, path, contentType, accept, body }: Question): string =>
  JSON.stringify([method, path, contentType, accept, body]);

/** Answers as `side` does, and writes all of it to `file` at its end. */
export function recorded(side: Side, file: string): Side {
  const kept: Kept[] = [];
  return {
    async ask(question) {
      const answer = await side.ask(question);
      kept.push([textOf(question), answer]);
      return answer;
    },
    async close() {
      writeFileSync(file, gzipSync(JSON.stringify(kept), { level: 9 }));
      await side.close();
    },
  };
}

/** Answers what was answered then, in that order where the same was asked again. Throws on any other question. */
export function replayed(file: string): Side {
  const answers = new Map<string, Answer[]>();
  // Written above.
  const kept = JSON.parse(gunzipSync(readFileSync(file)).toString("utf8")) as readonly Kept[];
  for (const [question, answer] of kept) {
    const known = answers.get(question) ?? [];
    answers.set(question, [...known, answer]);
  }
  return {
    async ask(question) {
      const answer = answers.get(textOf(question))?.shift();
      if (answer === undefined) throw new Error(`was not asked then: ${textOf(question)}`);
      return answer;
    },
    async close() {},
  };
}
