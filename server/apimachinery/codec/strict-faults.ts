/**
 * What strict decoding says of a text that names a field twice: every unknown and every doubled field in the order of
 * the text, which a parsed object no longer knows. Slow, and run only then.
 */
import type { StructType, TypeSchema } from "#apimachinery/schema.ts";
import { endOfString, jsonCode } from "./json-scan.ts";

export interface StrictFaults {
  /** `duplicate field "metadata.name"`, each once. */
  readonly sentences: readonly string[];
  /** `metadata.labels.a`. */
  readonly duplicateFields: readonly string[];
}

/** What is known of a value: its type; any JSON, whose doubles count; what has a reader of its own, or no name. */
type Known = TypeSchema | "any" | "opaque";

interface Frame {
  readonly path: string;
  readonly known: Known;
  /** The parsed list or map: the last of the doubles won. */
  readonly value: unknown;
  /** Of a map: where the last value of each name began. */
  readonly members: Map<string, number> | undefined;
  index: number;
  name: string | undefined;
}

/** Upstream stops collecting there. */
const faultsMax = 100;

const fieldOf = (known: Known, name: string) =>
  typeof known !== "string" && known.kind === "struct" ? known.properties.get(name) : undefined;

function memberOf(known: Known, name: string): Known {
  if (typeof known === "string") return known;
  if (known.kind === "map") return known.value;
  if (known.kind === "struct") return known.properties.get(name)?.type ?? "opaque";
  return "opaque";
}

function innerOf(frame: Frame): Known {
  const { known, members, name } = frame;
  if (members !== undefined) return memberOf(known, name ?? "");
  if (typeof known === "string") return known;
  return known.kind === "list" ? known.item : "opaque";
}

function within(frame: Frame): { path: string; value: unknown } {
  const { path, members, index, name = "", value } = frame;
  const key = members === undefined ? index : name;
  const held: unknown =
    typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  if (members === undefined) return { path: `${path}[${index}]`, value: held };
  return { path: path === "" ? name : `${path}.${name}`, value: held };
}

class Scan {
  readonly #text: string;
  readonly #stack: Frame[] = [];
  readonly #sentences = new Set<string>();
  readonly #doubled = new Set<string>();

  constructor(text: string) {
    this.#text = text;
  }

  run(root: unknown, known: Known): StrictFaults {
    const text = this.#text;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit === jsonCode.quote) at = this.#string(at);
      else if (unit === jsonCode.openObject || unit === jsonCode.openList)
        this.#open(unit === jsonCode.openObject, root, known);
      else if (unit === jsonCode.closeObject || unit === jsonCode.closeList) this.#stack.pop();
      else if (unit === jsonCode.comma) this.#next();
    }
    return { sentences: [...this.#sentences], duplicateFields: [...this.#doubled] };
  }

  #open(isMap: boolean, root: unknown, known: Known): void {
    const frame = this.#stack.at(-1);
    const inner = frame === undefined ? { path: "", value: root } : within(frame);
    this.#stack.push({
      ...inner,
      known: frame === undefined ? known : innerOf(frame),
      members: isMap ? new Map() : undefined,
      index: 0,
      name: undefined,
    });
  }

  #next(): void {
    const frame = this.#stack.at(-1);
    if (frame === undefined) return;
    frame.index++;
    frame.name = undefined;
  }

  #string(start: number): number {
    const end = endOfString(this.#text, start);
    const frame = this.#stack.at(-1);
    if (frame?.members === undefined || frame.name !== undefined) return end;
    frame.name = JSON.parse(this.#text.slice(start, end + 1));
    this.#member(frame, frame.members, this.#text.indexOf(":", end) + 1);
    return end;
  }

  #say(kind: "unknown" | "duplicate", path: string): void {
    if (this.#sentences.size >= faultsMax) return;
    this.#sentences.add(`${kind} field ${JSON.stringify(path)}`);
    if (kind === "duplicate") this.#doubled.add(path);
  }

  #member(frame: Frame, members: Map<string, number>, start: number): void {
    const { name = "", known } = frame;
    if (known === "opaque") return;
    const { path } = within(frame);
    const isStruct = known !== "any" && known.kind === "struct";
    if (isStruct && !known.properties.has(name)) {
      this.#say("unknown", path);
      return;
    }
    const before = members.get(name);
    if (before !== undefined) {
      this.#say("duplicate", path);
      if (this.#isNull(start)) this.#restore(frame, before);
    }
    if (before === undefined || !this.#isNull(start)) members.set(name, start);
  }

  #isNull(start: number): boolean {
    return /^\s*null/.test(this.#text.slice(start, start + 16));
  }

  /** Null after a value leaves what Go holds by value as it was. */
  #restore({ known, name = "", value }: Frame, before: number): void {
    const field = fieldOf(known, name);
    if (field === undefined || field.pointer || field.type.kind !== "scalar") return;
    const [text] = /^\s*("(?:[^"\\]|\\.)*"|[^,}\s]+)/.exec(this.#text.slice(before)) ?? [];
    if (text !== undefined && typeof value === "object" && value !== null)
      Reflect.set(value, name, JSON.parse(text));
  }
}

/**
 * Of a well-formed text and what was parsed from it; puts back what a null stands after. Without a type every double
 * counts, and nothing is unknown.
 */
export function strictFaults(
  text: string,
  parsed: object,
  type: StructType | undefined,
): StrictFaults {
  return new Scan(text).run(parsed, type ?? "any");
}
