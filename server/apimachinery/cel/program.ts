/**
 * CEL, compiled once and evaluated often, with Kubernetes' libraries for quantities, versions, addresses, URLs, formats,
 * strings and lists. The language itself is a library's; its `has` and `matches` are replaced by ours under other names.
 */
import { type ASTNode, Environment } from "@marcbachmann/cel-js";
import { type InputSize, worstCost } from "./cost.ts";
import { celErrorText, syntaxErrorText } from "./error-text.ts";
import { addAddresses } from "./library-addresses.ts";
import { addCollections } from "./library-collections.ts";
import { addFormats } from "./library-formats.ts";
import { addQuantities } from "./library-quantity.ts";
import { addSemvers } from "./library-semver.ts";
import { addStrings, matchesName, patternOf } from "./library-strings.ts";
import { addUrls } from "./library-urls.ts";
import { addHas, hasName } from "./macro-has.ts";
import { CelRuntimeError } from "./runtime-error.ts";
import { tokensOf } from "./tokens.ts";

/** Upstream's parser allows as much nesting. */
const depthMax = 250;

/** The expression is none, or its types do not fit; the message is CEL's, with the place. */
export class CelCompileError extends Error {}

export interface CelProgram {
  /** Of the result, in CEL's words; `dyn`: only evaluation knows. */
  readonly type: string;
  /** Upper bound of the steps of an evaluation. */
  readonly cost: number;
  /** Throws CelRuntimeError. */
  evaluate(variables: Readonly<Record<string, unknown>>): unknown;
}

/** An environment to declare types and variables in. */
export function celEnvironment(): Environment {
  const environment = new Environment({
    enableOptionalTypes: true,
    homogeneousAggregateLiterals: false,
    limits: { maxDepth: depthMax },
  });
  addHas(environment);
  addStrings(environment);
  addCollections(environment);
  addQuantities(environment);
  addSemvers(environment);
  addAddresses(environment);
  addUrls(environment);
  addFormats(environment);
  return environment;
}

const renamed = new Map([
  ["has", hasName],
  ["matches", matchesName],
]);

/** The expression with `has` and `matches` as ours are called: as long, so that places stay. */
function withOwnNames(source: string): string {
  let text = source;
  const tokens = tokensOf(source);
  for (const [index, { kind, text: word, at }] of tokens.entries()) {
    if (kind !== "name") continue;
    if (word === hasName || word === matchesName) throw new UnknownName(word, at);
    const fresh = tokens[index + 1]?.text === "(" ? renamed.get(word) : undefined;
    if (fresh !== undefined) text = text.slice(0, at) + fresh + text.slice(at + word.length);
  }
  return text;
}

class UnknownName extends SyntaxError {
  constructor(name: string, at: number) {
    super(`undeclared reference to '${name}' (in container '')`);
    this.at = at;
  }

  readonly at: number;
}

/** Places of patterns that are none. */
function* badPatterns(node: ASTNode): Generator<ASTNode> {
  if (node.op === "rcall" && node.args[0] === matchesName) {
    const [pattern] = node.args[2];
    if (pattern?.op === "value" && typeof pattern.args === "string") {
      try {
        patternOf(pattern.args);
      } catch {
        yield pattern;
      }
    }
  }
  for (const child of childrenOf(node)) yield* badPatterns(child);
}

type Handled = ASTNode & { handle?: (...given: readonly unknown[]) => unknown };

/** `in` asks a map whether it has the key: what it answers to `get` may be a default. */
function askHolders(node: ASTNode): void {
  if (node.op === "in") {
    // The library keeps what it found for the operands' types there.
    const handled = node as Handled;
    const { handle } = handled;
    handled.handle = (...given) =>
      given[1] instanceof Map ? given[1].has(given[0]) : handle?.(...given);
  }
  for (const child of childrenOf(node)) askHolders(child);
}

function childrenOf({ op, args }: ASTNode): readonly ASTNode[] {
  if (op === "value" || op === "id") return [];
  if (op === "." || op === ".?") return [args[0]];
  if (op === "call") return args[1];
  if (op === "rcall") return [args[1], ...args[2]];
  if (op === "map") return args.flat();
  return op === "!_" || op === "-_" ? [args] : args;
}

/** Throws CelCompileError. `input`: how much any variable can hold. */
export function compileCel(environment: Environment, source: string, input: InputSize): CelProgram {
  const known = (name: string) =>
    environment.getDefinitions().functions.some((one) => one.name === name);
  const fail = (error: unknown): never => {
    throw new CelCompileError(celErrorText(error, source, known));
  };
  let text: string;
  try {
    text = withOwnNames(source);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const at = error instanceof UnknownName ? error.at : undefined;
    throw new CelCompileError(syntaxErrorText(error.message, source, at));
  }
  const program = parsed(environment, text, fail);
  const { valid, type = "dyn", error } = program.check();
  if (!valid) fail(error);
  askHolders(program.ast);
  for (const { start } of badPatterns(program.ast))
    throw new CelCompileError(syntaxErrorText("invalid matches argument", source, start));
  return {
    type,
    cost: worstCost(program.ast, input),
    evaluate(variables) {
      try {
        return program(variables);
      } catch (error) {
        throw new CelRuntimeError(runtimeText(error));
      }
    },
  };
}

function parsed(environment: Environment, text: string, fail: (error: unknown) => never) {
  try {
    return environment.parse(text);
  } catch (error) {
    return fail(error);
  }
}

function runtimeText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [first = ""] = error.message.split("\n");
  return first.replace(/^No such key: /, "no such key: ");
}
