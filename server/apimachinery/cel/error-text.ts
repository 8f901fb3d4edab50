/** What is wrong with an expression, in the words that cel-go has for it: clients read them in field errors. */

import type { ASTNode } from "@marcbachmann/cel-js";

/** What the library tells of an error; nothing of it is promised for every error. */
interface LibraryError {
  readonly code?: string;
  readonly summary?: string;
  /** Of a parse error it has a place alone. */
  readonly node?: ASTNode | { readonly op?: undefined; readonly pos?: number };
  readonly range?: { readonly start: number };
}

const wanted =
  "expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}";

/** With the place, the line and a caret below it. */
function placed(message: string, source: string, at: number): string {
  const before = source.slice(0, at).split("\n");
  const line = source.split("\n")[before.length - 1] ?? "";
  const column = before.at(-1)?.length ?? 0;
  const caret = `${".".repeat(column)}^`;
  return `ERROR: <input>:${before.length}:${column + 1}: ${message}\n | ${line}\n | ${caret}`;
}

export function syntaxErrorText(message: string, source: string, at = 0): string {
  return placed(message, source, at);
}

/** `map<string, dyn>` as cel-go writes it. */
function typeText(type: string): string {
  return type
    .replace(/^google\.protobuf\.(Timestamp|Duration)$/, (_, name: string) => name.toLowerCase())
    .replace(/^(list|map)<(.*)>$/, (_, kind: string, inner: string) => `${kind}(${inner})`);
}

const types = (text: string) => text.split(", ").map(typeText).join(", ");

function operatorText(what: string): string {
  const binary = /^(.+) (\S+) (.+)$/.exec(what);
  if (binary !== null) {
    const [, left = "", operator, right = ""] = binary;
    return `found no matching overload for '_${operator}_' applied to '(${typeText(left)}, ${typeText(right)})'`;
  }
  const operator = what.slice(0, 1);
  return `found no matching overload for '${operator}_' applied to '(${typeText(what.slice(1))})'`;
}

function callText(call: string, known: (name: string) => boolean): string {
  const [, target = "", name = "", args = ""] = /^(?:(.*)\.)?([^.(]+)\((.*)\)$/.exec(call) ?? [];
  const ours = name.replace(/^Matches$/, "matches").replace(/^Has$/, "has");
  if (!known(name)) return `undeclared reference to '${ours}' (in container '')`;
  const receiver = target === "" ? "" : `${typeText(target)}.`;
  return `found no matching overload for '${ours}' applied to '${receiver}(${types(args)})'`;
}

function translated(
  { code, summary = "" }: LibraryError,
  known: (name: string) => boolean,
): string {
  const quoted = [...summary.matchAll(/'([^']*)'/g)].map(([, text = ""]) => text);
  switch (code) {
    case "unknown_variable":
      return `undeclared reference to '${summary.replace("Unknown variable: ", "")}' (in container '')`;
    case "no_such_key":
      return `undefined field '${summary.replace("No such key: ", "")}'`;
    case "no_such_overload":
      return operatorText(summary.replace("no such overload: ", ""));
    case "no_matching_overload":
      return callText(quoted[0] ?? "", known);
    case "incompatible_ternary_branches":
      return `found no matching overload for '_?_:_' applied to '(bool, ${quoted.map(typeText).join(", ")})'`;
    case "invalid_logical_operand":
      return `expected type 'bool' but found '${typeText(quoted[0] ?? "")}'`;
    case "invalid_comprehension_range":
      return `expression of type '${typeText(quoted[0] ?? "")}' cannot be range of a comprehension (must be list, map, or dynamic)`;
    case "cannot_index_type":
      return `type '${typeText(quoted[0] ?? "")}' does not support field selection`;
    case "unexpected_token":
      return `Syntax error: mismatched input '${summary.replace("Unexpected token: ", "").replace("EOF", "<EOF>")}' ${wanted}`;
    case "invalid_has_argument":
      return summary;
    default:
      return `Syntax error: ${summary}`;
  }
}

/** Where cel-go says that an expression is: at its operator, a selection's dot, a call's parenthesis. */
function placeOf(node: ASTNode, source: string): number {
  const after = (left: ASTNode, mark: string) => {
    const at = source.indexOf(mark, left.end);
    return at < 0 ? node.pos : at;
  };
  switch (node.op) {
    case ".":
    case ".?":
      return after(node.args[0], ".");
    case "[]":
    case "[?]":
      return after(node.args[0], "[");
    case "call":
      return Math.max(source.indexOf("(", node.pos), node.pos);
    case "rcall":
      return after(node.args[1], "(");
    case "?:":
      return after(node.args[0], "?");
    case "value":
    case "id":
    case "list":
    case "map":
    case "!_":
    case "-_":
      return node.pos;
    default:
      return after(node.args[0], node.op);
  }
}

/** The part of the expression that is at fault. */
function culprit(code: string | undefined, node: ASTNode, message: string): ASTNode {
  if (node.op === "call" && code === "invalid_has_argument") return node.args[1][0] ?? node;
  if (code !== "invalid_logical_operand" || (node.op !== "||" && node.op !== "&&")) return node;
  const [left, right] = node.args;
  // The library says of which type the operand is, not which one it is.
  const typed = left as ASTNode & { readonly checkedType?: { readonly name?: string } };
  return message.includes(`'${typed.checkedType?.name}'`) ? left : right;
}

export function celErrorText(
  error: unknown,
  source: string,
  known: (name: string) => boolean,
): string {
  // The library's errors carry these beside what an Error has.
  const told = error as LibraryError;
  const { code, node, range, summary = "" } = told;
  const at =
    node?.op === undefined
      ? (node?.pos ?? range?.start ?? 0)
      : placeOf(culprit(code, node, summary), source);
  return placed(translated(told, known), source, at);
}
