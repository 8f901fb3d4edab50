/**
 * What JSON.parse does not tell: whether a text nests too deep, and whether members stand twice in one object.
 */

/** Upstream's bound on objects and lists within each other. */
const depthMax = 10_000;

export const jsonCode = {
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
      if (byte === jsonCode.backslash) at++;
      else if (byte === jsonCode.quote) inString = false;
    } else if (byte === jsonCode.quote) inString = true;
    else if (byte === jsonCode.openObject || byte === jsonCode.openList) {
      if (++depth > depthMax) return true;
    } else if (byte === jsonCode.closeObject || byte === jsonCode.closeList) depth--;
  }
  return false;
}

/** How many members the objects of a well-formed text hold together, doubles counted. */
export function countMembers(text: string): number {
  let members = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === jsonCode.colon) members++;
    else if (unit === jsonCode.quote) at = endOfString(text, at);
  }
  return members;
}

/** Index of the closing quote of the string that opens at `start`. */
export function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === jsonCode.backslash) slashes++;
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
