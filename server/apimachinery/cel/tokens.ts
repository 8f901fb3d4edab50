/** The words of a CEL expression. */

export interface Token {
  readonly kind: "name" | "int" | "double" | "string" | "bytes" | "mark" | "end";
  readonly text: string;
  /** Characters before it. */
  readonly at: number;
}

const patterns = [
  ["space", /(?:\s|\/\/[^\n]*)+/y],
  ["double", /(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)/y],
  ["int", /(?:0x[0-9a-fA-F]+|\d+)[uU]?/y],
  ["bytes", /[bB][rR]?(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/y],
  [
    "string",
    /[rR]?(?:"""(?:[^\\]|\\[\s\S])*?"""|'''(?:[^\\]|\\[\s\S])*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/y,
  ],
  ["name", /[_a-zA-Z][_a-zA-Z0-9]*|`[_a-zA-Z0-9.\-/ ]+`/y],
  ["mark", /&&|\|\||==|!=|<=|>=|[-+*/%!<>?:.,()[\]{}]/y],
] as const;

/** Throws SyntaxError at a character that no word begins with. */
export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const found = next(source, at);
    if (found === undefined) throw new SyntaxError(`token recognition error at: '${source[at]}'`);
    const [kind, text] = found;
    if (kind !== "space") tokens.push({ kind, text, at });
    at += text.length;
  }
  return [...tokens, { kind: "end", text: "<EOF>", at }];
}

function next(source: string, at: number): [Token["kind"] | "space", string] | undefined {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at;
    const [text] = pattern.exec(source) ?? [];
    if (text !== undefined) return [kind, text];
  }
  return undefined;
}
