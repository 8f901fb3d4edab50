/** What two servers say alike in other words: values that each hands out, and Go's inner structures, which DIFFERENCES.md names. */

/** Where the inner name is another one. */
const inApi: Readonly<Record<string, string>> = { DeprecatedServiceAccount: "serviceaccount" };

/** Names in Go's inner structures, with all that is empty, are the API's without it. */
function plainStructure(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainStructure);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).flatMap(([name, item]): [string, unknown][] => {
    const inner = plainStructure(item);
    // Go embeds the metadata of a template.
    if (name === "metadata" && typeof inner === "object" && inner !== null)
      return Object.entries(inner);
    return isEmpty(inner) ? [] : [[inApi[name] ?? name.toLowerCase(), inner]];
  });
  return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)));
}

const isEmpty = (value: unknown): boolean =>
  value === null ||
  value === "" ||
  value === 0 ||
  value === false ||
  (typeof value === "object" && Object.keys(value).length === 0);

/** Index after the list or map that opens at `start`; -1: it does not end. */
function endOf(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const letter = text[at] ?? "";
    if (letter === '"') {
      do {
        at = text.indexOf('"', at + 1);
      } while (at > 0 && text[at - 1] === "\\");
      if (at < 0) return -1;
    } else if ("{[".includes(letter)) depth++;
    else if ("}]".includes(letter) && --depth === 0) return at + 1;
  }
  return -1;
}

function shownStructure(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    return isEmpty(value) ? text : JSON.stringify(plainStructure(value));
  } catch {
    // Ours is cut off where it grows long.
    return "STRUCTURE";
  }
}

const structure = / value: (?=[[{])/g;

/** A sentence with the structures that it quotes as plain ones, and without how two of Go's differ. */
export function plainSentence(sentence: string): string {
  const text = sentence.replace(/\n@@ -.*/s, "");
  let shown = "";
  let at = 0;
  for (const { index, 0: before } of text.matchAll(structure)) {
    const start = index + before.length;
    if (start < at) continue;
    const end = endOf(text, start);
    if (end < 0) return `${shown}${text.slice(at, start)}STRUCTURE`;
    shown += text.slice(at, start) + shownStructure(text.slice(start, end));
    at = end;
  }
  return shown + text.slice(at);
}

const own: readonly (readonly [RegExp, string])[] = [
  [/(?<=\\?")gen-[bcdfghjklmnpqrstvwxz2456789]{5}(?=\\?")/g, "gen-MADE"],
  // Sentences that name what each server has come to.
  [/(, current: |in record \(|resource version: \d+ \()\d+(?![\w-])/g, "$1N"],
  [/(\\?"resourceVersion\\*":\\*")\d+/g, "$1N"],
  [/\b((?:nodePort|healthCheckNodePort)(?:\\*")?:)\d{5}\b/g, "$130000"],
  [/\b(clusterIPs?(?:\\*")?:\[?(?:\\*")?)10\.\d+\.\d+\.\d+/g, "$1ADDRESS"],
];

/** As each server's own numbers differ. */
export const withoutOwn = (text: string): string =>
  own.reduce((left, [pattern, by]) => left.replace(pattern, by), text);

/** Of a table, in the seconds of this run. */
const inCells: readonly (readonly [RegExp, string])[] = [
  [/"(\d{1,2}m)?\d{1,3}s"/g, '"AGE"'],
  [/"10\.\d+\.\d+\.\d+"/g, '"ADDRESS"'],
  [/(?<=[",]\d+:)3\d{4}(?=\/)/g, "PORT"],
];

export const withoutOwnCells = (text: string): string =>
  inCells.reduce((left, [pattern, by]) => left.replace(pattern, by), text);

interface Told {
  readonly kind?: unknown;
  readonly message?: unknown;
  readonly details?: {
    readonly causes?: readonly { readonly field?: string; readonly message?: unknown }[];
  };
}

const plain = (value: unknown): unknown =>
  typeof value === "string" ? plainSentence(value) : value;

/** A patched Secret that is none: ours shows nothing of it. */
export const isOfSecret = (text: string): boolean =>
  text.includes('"message":" \\"\\" is invalid: patch: ') && text.includes("is no Secret");

/** Whether the whole sentence tells the causes, each once: so upstream puts it together. */
function tellsCauses(message: string, causes: NonNullable<Told["details"]>["causes"]): boolean {
  const each = (causes ?? []).map(({ field, message: why }) => `${field}: ${why}`);
  return message.endsWith(` is invalid: [${[...new Set(each)].join(", ")}]`);
}

/** A refusal in plain sentences; anything else as it is. */
export function plainRefusal(answer: unknown): unknown {
  if (typeof answer !== "object" || answer === null) return answer;
  const { kind, message, details } = answer as Told;
  if (kind !== "Status" || details?.causes === undefined) return answer;
  const causes = details.causes.map((cause) => ({ ...cause, message: plain(cause.message) }));
  const whole =
    typeof message === "string" && causes.length > 1
      ? [message.split(": [")[0], tellsCauses(message, details.causes)]
      : plain(message);
  return { ...answer, message: whole, details: { ...details, causes } };
}
