/**
 * The grammar of label selectors, as upstream's labels.Parse reads it, faults in its words. One pass over
 * the tokens; `in` and `notin` are keywords only where an operator may stand.
 */
import type { Requirement, SelectorOperator } from "./labels.ts";

interface Token {
  readonly type: "identifier" | "symbol" | "keyword" | "end" | "error";
  readonly text: string;
}

export type ParsedSelector =
  | { readonly requirements: readonly Requirement[] }
  | { readonly fault: string };

const symbolCharacters = "=!(),><";
const symbols = new Set([")", ",", "!", "==", "=", "!=", "(", ">", "<"]);
const isSpace = (character: string): boolean => " \t\r\n".includes(character);
/** What is neither, from where it is looked at. */
const wordPattern = /[^ \t\r\n=!(),><]+/y;

/** Longest symbol that grows one character at a time, as the upstream lexer finds it. */
function symbolAt(text: string, start: number): string {
  let found = "";
  for (let end = start + 1; end <= text.length; end++) {
    const candidate = text.slice(start, end);
    if (!symbolCharacters.includes(candidate.at(-1) ?? " ")) break;
    if (symbols.has(candidate)) found = candidate;
    else if (found !== "") break;
  }
  return found;
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const character = text.charAt(at);
    if (isSpace(character)) {
      at += 1;
    } else if (symbolCharacters.includes(character)) {
      const symbol = symbolAt(text, at);
      tokens.push({ type: "symbol", text: symbol });
      at += Math.max(symbol.length, 1);
    } else {
      wordPattern.lastIndex = at;
      const word = wordPattern.exec(text)?.[0] ?? character;
      at += word.length;
      tokens.push({
        type: word === "in" || word === "notin" ? "keyword" : "identifier",
        text: word,
      });
    }
  }
  return tokens;
}

class Fault extends Error {}

const end: Token = { type: "end", text: "" };
const operators: Readonly<Record<string, SelectorOperator>> = {
  in: "in",
  notin: "notin",
  "=": "=",
  "==": "==",
  "!=": "!=",
  ">": "gt",
  "<": "lt",
};

class SelectorParser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokensOf(text);
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    for (;;) {
      const token = this.#peek();
      if (token.type === "end") return requirements;
      if (token.type !== "identifier" && token.text !== "!") {
        throw new Fault(`found '${token.text}', expected: !, identifier, or 'end of string'`);
      }
      requirements.push(this.#requirement());
      const separator = this.#take();
      if (separator.type === "end") return requirements;
      if (separator.text !== ",") {
        throw new Fault(`found '${separator.text}', expected: ',' or 'end of string'`);
      }
      const following = this.#peek();
      if (following.type !== "identifier" && following.text !== "!") {
        throw new Fault(`found '${following.text}', expected: identifier after ','`);
      }
    }
  }

  /** Where a value or a key may stand, `in` and `notin` are plain words. */
  #peek(): Token {
    const token = this.#tokens[this.#at] ?? end;
    return token.type === "keyword" ? { type: "identifier", text: token.text } : token;
  }

  #take(): Token {
    const token = this.#peek();
    this.#at += 1;
    return token;
  }

  #requirement(): Requirement {
    const refuse = (fault: string): never => {
      throw new Fault(`unable to parse requirement: ${fault}`);
    };
    const negated = this.#peek().text === "!";
    if (negated) this.#at += 1;
    const key = this.#take();
    if (key.type !== "identifier") refuse(`found '${key.text}', expected: identifier`);
    if (negated) return { key: key.text, operator: "!", values: [] };
    const following = this.#peek();
    if (following.type === "end" || following.text === ",") {
      return { key: key.text, operator: "exists", values: [] };
    }
    const token = this.#tokens[this.#at] ?? end;
    this.#at += 1;
    const operator = token.type === "identifier" ? undefined : operators[token.text];
    if (operator === undefined) {
      return refuse(`found '${token.text}', expected: in, notin, =, ==, !=, gt, lt`);
    }
    try {
      const set = operator === "in" || operator === "notin";
      const values = set ? this.#values() : [this.#exactValue()];
      return { key: key.text, operator, values: [...new Set(values)].sort() };
    } catch (error) {
      if (error instanceof Fault) return refuse(error.message);
      throw error;
    }
  }

  #exactValue(): string {
    const following = this.#peek();
    if (following.type === "end" || following.text === ",") return "";
    const token = this.#take();
    if (token.type !== "identifier") throw new Fault(`found '${token.text}', expected: identifier`);
    return token.text;
  }

  #values(): string[] {
    const open = this.#take();
    if (open.text !== "(") throw new Fault(`found '${open.text}' expected: '('`);
    const first = this.#peek();
    if (first.text === ")") {
      this.#at += 1;
      return [""];
    }
    if (first.type !== "identifier" && first.text !== ",") {
      throw new Fault(`found '${first.text}', expected: ',', ')' or identifier`);
    }
    const values = this.#list();
    const close = this.#take();
    if (close.text !== ")") throw new Fault(`found '${close.text}', expected: ')'`);
    return values;
  }

  /** Empty places between commas are empty values. */
  #list(): string[] {
    const values: string[] = [];
    for (;;) {
      const token = this.#take();
      if (token.type === "identifier") {
        values.push(token.text);
        const following = this.#peek();
        if (following.text === ")") return values;
        if (following.text !== ",")
          throw new Fault(`found '${following.text}', expected: ',' or ')'`);
      } else if (token.text === ",") {
        if (values.length === 0) values.push("");
        const following = this.#peek();
        if (following.text === ")") return [...values, ""];
        if (following.text === ",") {
          this.#at += 1;
          values.push("");
        }
      } else {
        throw new Fault(`found '${token.text}', expected: ',', or identifier`);
      }
    }
  }
}

/** The requirements as written, not yet checked; or what is wrong with the text. */
export function parseSelectorText(text: string): ParsedSelector {
  try {
    return { requirements: new SelectorParser(text).parse() };
  } catch (error) {
    if (error instanceof Fault) return { fault: error.message };
    throw error;
  }
}
