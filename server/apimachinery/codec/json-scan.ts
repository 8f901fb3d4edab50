/**
 * What JSON.parse does not tell: where a text is malformed in upstream's words, whether it nests too deep,
 * and which members stand twice in one object.
 */

/** Upstream's bound on objects and lists within each other. */
const depthMax = 10_000;

const code = {
  quote: 0x22,
  backslash: 0x5c,
  colon: 0x3a,
  comma: 0x2c,
  openObject: 0x7b,
  closeObject: 0x7d,
  openList: 0x5b,
  closeList: 0x5d,
} as const;

/** Whether the text nests deeper than upstream reads; cheap, and true to strings only in well-formed text. */
export function tooDeep(bytes: Uint8Array): boolean {
  if (bytes.length < depthMax * 2) return false;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at];
    if (inString) {
      if (byte === code.backslash) at++;
      else if (byte === code.quote) inString = false;
    } else if (byte === code.quote) inString = true;
    else if (byte === code.openObject || byte === code.openList) {
      if (++depth > depthMax) return true;
    } else if (byte === code.closeObject || byte === code.closeList) depth--;
  }
  return false;
}

/** How many members the objects of a well-formed text hold together, doubles counted. */
export function countMembers(text: string): number {
  let members = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === code.colon) members++;
    else if (unit === code.quote) at = endOfString(text, at);
  }
  return members;
}

/** Index of the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === code.backslash) slashes++;
    if (slashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

/** How many members a parsed value holds, in itself and below. */
export function countKeys(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  let keys = 0;
  if (Array.isArray(value)) {
    for (const item of value) if (typeof item === "object") keys += countKeys(item);
    return keys;
  }
  for (const item of Object.values(value)) {
    keys++;
    if (typeof item === "object") keys += countKeys(item);
  }
  return keys;
}

interface Frame {
  readonly path: string;
  /** Names of the members so far; undefined in a list. */
  readonly names: Set<string> | undefined;
  index: number;
  name: string;
}

/** Paths of members that stand again in their object, in order: `metadata.labels.a`. Of well-formed text. */
export function duplicateMembers(text: string): string[] {
  const found = new Set<string>();
  const stack: Frame[] = [];
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    const frame = stack.at(-1);
    if (unit === code.quote) {
      const end = endOfString(text, at);
      if (frame?.names !== undefined && frame.name === "") {
        const name: string = JSON.parse(text.slice(at, end + 1));
        frame.name = `${frame.path === "" ? "" : `${frame.path}.`}${name}`;
        if (frame.names.has(name)) found.add(frame.name);
        frame.names.add(name);
      }
      at = end;
    } else if (unit === code.openObject || unit === code.openList) {
      const names = unit === code.openObject ? new Set<string>() : undefined;
      stack.push({ path: pathWithin(frame), names, index: 0, name: "" });
    } else if (unit === code.closeObject || unit === code.closeList) stack.pop();
    else if (unit === code.comma && frame !== undefined) {
      frame.index++;
      frame.name = "";
    }
  }
  return [...found];
}

function pathWithin(frame: Frame | undefined): string {
  if (frame === undefined) return "";
  return frame.names === undefined ? `${frame.path}[${frame.index}]` : frame.name;
}
