/**
 * Says where JSON is malformed in the words of Go's encoding/json, which clients and their tests know.
 * Runs only after JSON.parse has refused a text (or to bound its depth), so it is written to be read.
 */

const depthMax = 10_000;
const escapes = '"\\/bfnrt';

/** What may come next, named by what Go says when something else comes. */
type Expected =
  | "looking for beginning of value"
  | "looking for beginning of object key string"
  | "after object key"
  | "after object key:value pair"
  | "after array element"
  | "after top-level value";

class Malformed extends Error {}

/** The sentence, `invalid character 'x' after top-level value`; undefined where the text is well-formed. */
export function syntaxError(bytes: Uint8Array): string | undefined {
  try {
    new Scanner(bytes).scan();
    return undefined;
  } catch (error) {
    if (error instanceof Malformed) return error.message;
    throw error;
  }
}

class Scanner {
  readonly #bytes: Uint8Array;
  #at = 0;
  /** `{` and `[` that are open. */
  readonly #open: string[] = [];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  scan(): void {
    let expected: Expected = "looking for beginning of value";
    let mayClose = false;
    for (;;) {
      this.#space();
      if (this.#at >= this.#bytes.length) {
        if (expected === "after top-level value") return;
        throw new Malformed("unexpected end of JSON input");
      }
      const next = this.#peek();
      if (this.#closes(next, expected, mayClose)) {
        this.#at++;
        this.#open.pop();
        [expected, mayClose] = [this.#afterValue(), false];
      } else [expected, mayClose] = this.#step(next, expected);
    }
  }

  #peek(): string {
    return String.fromCharCode(this.#bytes[this.#at] ?? 0);
  }

  #space(): void {
    while (this.#at < this.#bytes.length && " \t\r\n".includes(this.#peek())) this.#at++;
  }

  #refuse(context: string): never {
    if (this.#at >= this.#bytes.length) throw new Malformed("unexpected end of JSON input");
    throw new Malformed(`invalid character ${quoted(this.#peek())} ${context}`);
  }

  #closes(next: string, expected: Expected, mayClose: boolean): boolean {
    const inObject = this.#open.at(-1) === "{";
    if (next === "}") return inObject && (mayClose || expected === "after object key:value pair");
    if (next !== "]" || inObject || this.#open.length === 0) return false;
    return mayClose || expected === "after array element";
  }

  #afterValue(): Expected {
    const inside = this.#open.at(-1);
    if (inside === undefined) return "after top-level value";
    return inside === "{" ? "after object key:value pair" : "after array element";
  }

  /** Passes over one token; what is expected then, and whether the object or list may close at once. */
  #step(next: string, expected: Expected): [Expected, boolean] {
    switch (expected) {
      case "looking for beginning of value":
        return this.#value(next);
      case "looking for beginning of object key string":
        if (next !== '"') this.#refuse(expected);
        this.#string();
        return ["after object key", false];
      case "after object key":
        if (next !== ":") this.#refuse(expected);
        this.#at++;
        return ["looking for beginning of value", false];
      case "after object key:value pair":
        if (next !== ",") this.#refuse(expected);
        this.#at++;
        return ["looking for beginning of object key string", false];
      case "after array element":
        if (next !== ",") this.#refuse(expected);
        this.#at++;
        return ["looking for beginning of value", false];
      case "after top-level value":
        return this.#refuse(expected);
    }
  }

  #value(next: string): [Expected, boolean] {
    if (next === "{" || next === "[") {
      if (this.#open.length >= depthMax) this.#refuse("exceeded max depth");
      this.#open.push(next);
      this.#at++;
      const inObject = "looking for beginning of object key string";
      return [next === "{" ? inObject : "looking for beginning of value", true];
    }
    if (next === '"') this.#string();
    else if (next === "-" || isDigit(next)) this.#number();
    else if (next === "t") this.#literal("true");
    else if (next === "f") this.#literal("false");
    else if (next === "n") this.#literal("null");
    else this.#refuse("looking for beginning of value");
    return [this.#afterValue(), false];
  }

  #string(): void {
    this.#at++;
    for (;;) {
      if (this.#at >= this.#bytes.length) this.#refuse("");
      const next = this.#peek();
      if (next === '"') break;
      if (next < " ") this.#refuse("in string literal");
      this.#at++;
      if (next === "\\") this.#escape();
    }
    this.#at++;
  }

  #escape(): void {
    const next = this.#peek();
    if (next !== "u") {
      if (this.#at >= this.#bytes.length || !escapes.includes(next)) {
        this.#refuse("in string escape code");
      }
      this.#at++;
      return;
    }
    this.#at++;
    for (let digit = 0; digit < 4; digit++, this.#at++) {
      if (!/[0-9a-fA-F]/.test(this.#peek())) this.#refuse("in \\u hexadecimal character escape");
    }
  }

  #number(): void {
    if (this.#peek() === "-") this.#at++;
    if (this.#peek() === "0") this.#at++;
    else this.#digits("in numeric literal");
    if (this.#peek() === ".") {
      this.#at++;
      this.#digits("after decimal point in numeric literal");
    }
    if (this.#peek() !== "e" && this.#peek() !== "E") return;
    this.#at++;
    if (this.#peek() === "+" || this.#peek() === "-") this.#at++;
    this.#digits("in exponent of numeric literal");
  }

  #digits(context: string): void {
    if (!isDigit(this.#peek())) this.#refuse(context);
    while (isDigit(this.#peek())) this.#at++;
  }

  #literal(word: string): void {
    for (const letter of word) {
      if (this.#peek() !== letter) this.#refuse(`in literal ${word} (expecting '${letter}')`);
      this.#at++;
    }
  }
}

function isDigit(character: string): boolean {
  return character >= "0" && character <= "9";
}

/** A character between single quotes, as Go's strconv would print it. */
function quoted(character: string): string {
  if (character === "'") return "'\\''";
  if (character === '"') return "'\"'";
  const unit = character.charCodeAt(0);
  if (unit < 0x20 || unit === 0x7f) {
    const named = new Map([
      ["\n", "\\n"],
      ["\t", "\\t"],
      ["\r", "\\r"],
      ["\f", "\\f"],
      ["\b", "\\b"],
      ["\v", "\\v"],
    ]).get(character);
    return `'${named ?? `\\x${unit.toString(16).padStart(2, "0")}`}'`;
  }
  return character === "\\" ? "'\\\\'" : `'${character}'`;
}
