/** Field selectors (`spec.nodeName=a,status.phase!=Running`): terms over a flat record of strings. */
import { badRequest } from "./status.ts";

export interface FieldTerm {
  readonly field: string;
  readonly operator: "=" | "!=";
  readonly value: string;
}

export type FieldSelector = readonly FieldTerm[];

const escapable = "\\,=";

function unescaped(text: string): string {
  let value = "";
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "\\") {
      at += 1;
      const escaped = text.charAt(at);
      if (escaped === "" || !escapable.includes(escaped)) {
        throw badRequest(`invalid field selector: invalid escape sequence: \\${escaped}`);
      }
      value += escaped;
    } else if (character === "," || character === "=") {
      const code = character.charCodeAt(0);
      throw badRequest(`invalid field selector: unescaped character in value: ${code}`);
    } else {
      value += character;
    }
  }
  return value;
}

/** Splits at commas that no backslash escapes. */
function termsOf(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === "\\") at += 1;
    else if (character === ",") {
      terms.push(text.slice(start, at));
      start = at + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function termOf(text: string): FieldTerm {
  const at = text.search(/[!=]/);
  const tail = at < 0 ? "" : text.slice(at);
  for (const operator of ["!=", "==", "="] as const) {
    if (!tail.startsWith(operator)) continue;
    const value = unescaped(tail.slice(operator.length));
    return { field: text.slice(0, at), operator: operator === "!=" ? "!=" : "=", value };
  }
  throw badRequest(`invalid selector: '${text}'; can't understand '${text}'`);
}

/** Throws ApiError BadRequest with upstream's sentence. Whether a field exists is the resource's affair. */
export function parseFieldSelector(text: string): FieldSelector {
  if (text === "") return [];
  return (
    termsOf(text)
      .filter((term) => term !== "")
      .map(termOf)
      // Nothing that is nothing: upstream takes it for everything.
      .filter(({ field, value }) => field !== "" || value !== "")
  );
}

/** A field that the record does not hold is "". */
export function matchesFields(
  selector: FieldSelector,
  record: Readonly<Record<string, string>>,
): boolean {
  for (const { field, operator, value } of selector) {
    if (((record[field] ?? "") === value) !== (operator === "=")) return false;
  }
  return true;
}

/** The value that a selector demands of a field; undefined when it leaves it open. */
export function requiredValue(selector: FieldSelector, field: string): string | undefined {
  return selector.find((term) => term.field === field && term.operator === "=")?.value;
}
