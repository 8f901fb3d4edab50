/**
 * The part of kubectl's JSONPath that definitions use: `.status.conditions[?(@.type=="Ready")].status`,
 * `.metadata.labels['a.b']`, `.spec.list[0]`, `.spec.list[*].name`, `.metadata.annotations.a\.b`.
 */
import { isFields } from "#resources/apiextensions/v1/values/schema.ts";

type Step =
  | { readonly step: "field"; readonly name: string }
  | { readonly step: "index"; readonly index: number }
  | { readonly step: "all" }
  | { readonly step: "where"; readonly path: readonly string[]; readonly is: string };

export type JsonPath = readonly Step[];

const patterns: readonly [RegExp, (groups: readonly string[]) => Step][] = [
  [/^\.\*|^\[\*\]/, () => ({ step: "all" })],
  [/^\.((?:[^.[\]\\]|\\.)+)/, ([name = ""]) => ({ step: "field", name: unescaped(name) })],
  [/^\[(-?\d+)\]/, ([index = ""]) => ({ step: "index", index: Number(index) })],
  [/^\['((?:[^'\\]|\\.)*)'\]/, ([name = ""]) => ({ step: "field", name: unescaped(name) })],
  [/^\["((?:[^"\\]|\\.)*)"\]/, ([name = ""]) => ({ step: "field", name: unescaped(name) })],
  [
    /^\[\?\(@\.([\w.-]+)\s*==\s*["']([^"']*)["']\)\]/,
    ([path = "", is = ""]) => ({ step: "where", path: path.split("."), is }),
  ],
];

const unescaped = (name: string): string => name.replace(/\\(.)/g, "$1");

/** undefined: a form that is not understood. Surrounding braces may be left out, as the first dot may. */
export function parseJsonPath(text: string): JsonPath | undefined {
  let rest = text
    .trim()
    .replace(/^\{(.*)\}$/s, "$1")
    .replace(/^\$/, "");
  if (rest !== "" && !/^[.[]/.test(rest)) rest = `.${rest}`;
  const steps: Step[] = [];
  while (rest !== "") {
    const found = nextStep(rest);
    if (found === undefined) return undefined;
    steps.push(found.step);
    rest = rest.slice(found.length);
  }
  return steps;
}

function nextStep(text: string): { readonly step: Step; readonly length: number } | undefined {
  for (const [pattern, make] of patterns) {
    const match = pattern.exec(text);
    if (match !== null) return { step: make(match.slice(1)), length: match[0].length };
  }
  return undefined;
}

/** Everything that the path leads to, in order; empty where it leads nowhere. */
export function valuesAt(value: unknown, path: JsonPath): readonly unknown[] {
  let found: readonly unknown[] = [value];
  for (const step of path) found = found.flatMap((from) => taken(from, step));
  return found;
}

function taken(from: unknown, step: Step): readonly unknown[] {
  switch (step.step) {
    case "field":
      return isFields(from) && Object.hasOwn(from, step.name) ? [from[step.name]] : [];
    case "index":
      return Array.isArray(from) && from.at(step.index) !== undefined ? [from.at(step.index)] : [];
    case "all":
      return Array.isArray(from) ? from : isFields(from) ? Object.values(from) : [];
    case "where":
      return Array.isArray(from) ? from.filter((item) => isAt(item, step.path, step.is)) : [];
  }
}

function isAt(item: unknown, path: readonly string[], is: string): boolean {
  const steps: JsonPath = path.map((name) => ({ step: "field", name }));
  return valuesAt(item, steps).some((value) => String(value) === is);
}

/** The names of a path of fields alone, as scale subresources use; undefined for any other. */
export function fieldNames(path: JsonPath | undefined): readonly string[] | undefined {
  if (path === undefined || path.length === 0) return undefined;
  const names = path.map((step) => (step.step === "field" ? step.name : undefined));
  return names.every((name) => name !== undefined) ? names : undefined;
}
