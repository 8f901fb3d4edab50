/**
 * Reads a CEL expression, resolves its names and tells the type of its result as far as its outermost operators show
 * it: enough to refuse what can never be evaluated. It evaluates nothing.
 */
import { type Token, tokensOf } from "./tokens.ts";

/** `dyn`: only evaluation knows. */
export type CelType =
  | "bool"
  | "int"
  | "double"
  | "string"
  | "bytes"
  | "null"
  | "list"
  | "map"
  | "object"
  | "type"
  | "dyn";

const typeNames = ["int", "uint", "double", "bool", "string", "bytes", "list", "map", "type"];
const reserved = new Set([
  "as",
  "break",
  "const",
  "continue",
  "else",
  "for",
  "function",
  "if",
  "import",
  "in",
  "let",
  "loop",
  "package",
  "namespace",
  "return",
  "var",
  "void",
  "while",
]);
/** Calls that name variables for their last argument. */
const binders = new Set(["all", "exists", "exists_one", "existsOne", "map", "filter", "sortBy"]);
const results: Readonly<Record<string, CelType>> = {
  all: "bool",
  exists: "bool",
  exists_one: "bool",
  existsOne: "bool",
  filter: "list",
  map: "list",
  startsWith: "bool",
  endsWith: "bool",
  contains: "bool",
  matches: "bool",
  has: "bool",
  size: "int",
  int: "int",
  double: "double",
  string: "string",
  bool: "bool",
  bytes: "bytes",
  type: "type",
};
const comparisons = new Set(["==", "!=", "<", "<=", ">", ">=", "in"]);
/** Nested deeper, an expression is refused: upstream's parser has such a bound too. */
const depthMax = 250;

/** The type of the result. Throws SyntaxError, in CEL's words. */
export function checkCel(source: string, names: Iterable<string>): CelType {
  const reader = new Reader(tokensOf(source), new Set([...names, ...typeNames, "null_type"]));
  return reader.whole();
}

class Reader {
  readonly #tokens: readonly Token[];
  readonly #names: Set<string>;
  #position = 0;
  #depth = 0;

  constructor(tokens: readonly Token[], names: Set<string>) {
    this.#tokens = tokens;
    this.#names = names;
  }

  whole(): CelType {
    const type = this.#choice();
    if (this.#token.kind !== "end") this.#unexpected();
    return type;
  }

  get #token(): Token {
    return this.#tokens[this.#position] ?? { kind: "end", text: "<EOF>", at: 0 };
  }

  #unexpected(): never {
    const { text, at } = this.#token;
    throw new SyntaxError(`Syntax error: mismatched input '${text}' at ${at}`);
  }

  #take(text: string): boolean {
    const token = this.#token;
    const found = token.kind !== "string" && token.kind !== "bytes" && token.text === text;
    if (found) this.#position++;
    return found;
  }

  #need(text: string): void {
    if (!this.#take(text)) this.#unexpected();
  }

  #choice(): CelType {
    if (++this.#depth > depthMax) throw new SyntaxError("expression recursion limit exceeded");
    const first = this.#either();
    this.#depth--;
    if (!this.#take("?")) return first;
    mustBe("_?_:_", first, ["bool"]);
    const then = this.#either();
    this.#need(":");
    const other = this.#choice();
    return then === other ? then : "dyn";
  }

  #either(): CelType {
    let type = this.#both();
    while (this.#take("||")) {
      mustBe("_||_", type, ["bool"]);
      mustBe("_||_", this.#both(), ["bool"]);
      type = "bool";
    }
    return type;
  }

  #both(): CelType {
    let type = this.#relation();
    while (this.#take("&&")) {
      mustBe("_&&_", type, ["bool"]);
      mustBe("_&&_", this.#relation(), ["bool"]);
      type = "bool";
    }
    return type;
  }

  #relation(): CelType {
    let type = this.#sum();
    while (comparisons.has(this.#token.text) && this.#token.kind !== "string") {
      this.#position++;
      this.#sum();
      type = "bool";
    }
    return type;
  }

  #sum(): CelType {
    let type = this.#product();
    while (this.#take("+") || this.#take("-")) {
      const other = this.#product();
      type = type === "dyn" ? other : type;
    }
    return type;
  }

  #product(): CelType {
    let type = this.#unary();
    while (this.#take("*") || this.#take("/") || this.#take("%")) {
      const other = this.#unary();
      type = type === "dyn" ? other : type;
    }
    return type;
  }

  #unary(): CelType {
    if (this.#take("!")) {
      mustBe("!_", this.#unary(), ["bool"]);
      return "bool";
    }
    if (this.#take("-")) {
      const type = this.#unary();
      mustBe("-_", type, ["int", "double"]);
      return type;
    }
    return this.#member();
  }

  #member(): CelType {
    let type = this.#primary();
    for (;;) {
      if (this.#take(".")) type = this.#selected();
      else if (this.#take("[")) {
        this.#take("?");
        this.#choice();
        this.#need("]");
        type = "dyn";
      } else if (this.#token.text === "{" && type === "object") {
        this.#fields();
      } else return type;
    }
  }

  /** `.field`, `.?field` or `.method(...)`; a type's `.spec` names a type too. */
  #selected(): CelType {
    this.#take("?");
    const name = this.#name();
    if (this.#take("(")) return this.#arguments(name);
    return this.#token.text === "{" ? "object" : "dyn";
  }

  #name(): string {
    const token = this.#token;
    if (token.kind !== "name") this.#unexpected();
    this.#position++;
    return token.text;
  }

  #arguments(name: string): CelType {
    const bound: string[] = [];
    const outer = new Set(this.#names);
    while (!this.#take(")")) {
      const { kind, text } = this.#token;
      const after = this.#tokens[this.#position + 1]?.text;
      if (kind === "name" && after === "," && (binders.has(name) || name === "bind")) {
        bound.push(text);
        this.#names.add(text);
      }
      this.#choice();
      if (this.#token.text !== ")") this.#need(",");
    }
    this.#names.clear();
    for (const known of outer) this.#names.add(known);
    return results[name] ?? "dyn";
  }

  #fields(): void {
    this.#need("{");
    while (!this.#take("}")) {
      this.#take("?");
      this.#name();
      this.#need(":");
      this.#choice();
      if (this.#token.text !== "}") this.#need(",");
    }
  }

  #primary(): CelType {
    const { kind, text } = this.#token;
    if (kind === "int" || kind === "double" || kind === "string" || kind === "bytes") {
      this.#position++;
      return kind;
    }
    if (kind === "name") return this.#named();
    if (this.#take("(")) {
      const type = this.#choice();
      this.#need(")");
      return type;
    }
    if (this.#take("[")) return this.#items();
    if (this.#take("{")) return this.#entries();
    this.#take(".");
    if (text === "." && this.#token.kind === "name") return this.#named();
    return this.#unexpected();
  }

  #items(): CelType {
    while (!this.#take("]")) {
      this.#take("?");
      this.#choice();
      if (this.#token.text !== "]") this.#need(",");
    }
    return "list";
  }

  #entries(): CelType {
    while (!this.#take("}")) {
      this.#take("?");
      this.#choice();
      this.#need(":");
      this.#choice();
      if (this.#token.text !== "}") this.#need(",");
    }
    return "map";
  }

  #named(): CelType {
    const name = this.#name();
    if (name === "true" || name === "false") return "bool";
    if (name === "null") return "null";
    if (reserved.has(name)) throw new SyntaxError(`Syntax error: reserved identifier: ${name}`);
    if (this.#take("(")) return this.#arguments(name);
    if (this.#token.text === "{" && this.#names.has(name)) return "object";
    // Libraries' names stand before a dot: cel.bind, ip.isCanonical.
    const isLibrary = this.#token.text === "." && libraries.has(name);
    if (!isLibrary && !this.#names.has(name))
      throw new SyntaxError(`undeclared reference to '${name}' (in container '')`);
    return typeNames.includes(name) ? "type" : "dyn";
  }
}

const libraries = new Set([
  "cel",
  "ip",
  "cidr",
  "format",
  "optional",
  "semver",
  "math",
  "sets",
  "base64",
  "strings",
]);

function mustBe(operator: string, type: CelType, wanted: readonly CelType[]): void {
  if (type === "dyn" || wanted.includes(type)) return;
  throw new SyntaxError(`found no matching overload for '${operator}' applied to '(${type})'`);
}
