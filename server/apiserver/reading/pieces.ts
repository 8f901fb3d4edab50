/**
 * A large JSON value taken apart, so that putting it together is no long stretch of the event loop: one object of a
 * hundred thousand members takes JSON.parse as long as a thousand small requests. Pure.
 */
import { setField } from "#apimachinery/patch/json-object.ts";

export interface Piece {
  /** Of the object or list that it goes into; empty: the value itself. */
  readonly path: readonly string[];
  /** JSON: members or items, after those of the pieces before. */
  readonly text: string;
}

/** Of a piece: parsing so much takes a millisecond. */
const pieceCharsMax = 32 * 1024;
/** Members of a map: an object with fields of its own never has so many. */
const mapMembersMin = 2_000;
/** Below it nothing is taken apart: each level is written once more. */
const depthMax = 8;

const isContainer = (value: unknown): value is object =>
  typeof value === "object" && value !== null;

const textOf = (value: unknown): string => JSON.stringify(value) ?? "null";

interface Large {
  readonly key: string;
  readonly value: object;
}

/** Members of a large map in their order: whoever needs them so would sort them in the loop. */
function membersOf(value: object): [string, unknown][] {
  const members = Object.entries(value);
  if (Array.isArray(value) || members.length < mapMembersMin) return members;
  return members.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The value's own members in pieces, those that are large themselves empty. */
function split(value: object, path: readonly string[], pieces: Piece[]): readonly Large[] {
  const isList = Array.isArray(value);
  const large: Large[] = [];
  let parts: string[] = [];
  let chars = 0;
  const flush = (): void => {
    const text = parts.join();
    pieces.push({ path, text: isList ? `[${text}]` : `{${text}}` });
    [parts, chars] = [[], 0];
  };
  for (const [key, item] of membersOf(value)) {
    if (item === undefined && !isList) continue;
    let text = textOf(item);
    if (text.length > pieceCharsMax && isContainer(item) && path.length + 1 < depthMax) {
      large.push({ key, value: item });
      text = Array.isArray(item) ? "[]" : "{}";
    }
    parts.push(isList ? text : `${JSON.stringify(key)}:${text}`);
    chars += key.length + text.length;
    if (chars > pieceCharsMax) flush();
  }
  flush();
  return large;
}

function takeApart(value: object, path: readonly string[], pieces: Piece[]): void {
  for (const { key, value: inner } of split(value, path, pieces)) {
    takeApart(inner, [...path, key], pieces);
  }
}

/** In the order in which they are put together. */
export function piecesOf(value: unknown): readonly Piece[] {
  if (!isContainer(value)) return [{ path: [], text: textOf(value) }];
  const pieces: Piece[] = [];
  takeApart(value, [], pieces);
  return pieces;
}

const within = (node: unknown, step: string): unknown =>
  // What a path names was put there by a piece before: an object or a list.
  (node as Record<string, unknown>)[step];

/** The value with one piece more; `whole` undefined: it is the first. */
export function put(whole: unknown, { path, text }: Piece): unknown {
  const part: unknown = JSON.parse(text);
  if (whole === undefined) return part;
  const place = path.reduce(within, whole);
  if (Array.isArray(place) && Array.isArray(part)) for (const item of part) place.push(item);
  else if (isContainer(place) && isContainer(part)) {
    // The same map under the type that fields are set by.
    const map = place as Record<string, unknown>;
    for (const [name, value] of Object.entries(part)) setField(map, name, value);
  }
  return whole;
}
