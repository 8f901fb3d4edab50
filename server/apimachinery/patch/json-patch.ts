/** JSON patch (RFC 6902), with upstream's limits: 10 000 operations, 3 MiB of copies. */
import { deepCopy } from "#apimachinery/deep-copy.ts";
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { type ApiError, badRequest, refusal } from "#apimachinery/status.ts";
import { hasField, isJsonObject, type JsonObject, setField, sortFields } from "./json-object.ts";

const operationsMax = 10_000;
const copiedBytesMax = 3 * 1024 * 1024;
/** Of a pointer: more than any document nests (`json-scan.ts`), so that what comes after them names nothing. */
const stepsMax = 10_002;

interface Operation {
  readonly op: string;
  readonly path: readonly string[];
  readonly from: readonly string[] | undefined;
  readonly value: unknown;
}

/** Upstream says no more than this about an operation that does not apply. */
function rejected(): ApiError {
  return refusal("Invalid", "the server rejected our request due to an error in our request", {});
}

/** Empty: the document. What stands before the first slash says nothing, as in the upstream library. */
function pointer(text: unknown): string[] {
  if (text === "") return [];
  if (typeof text !== "string" || !text.includes("/")) throw rejected();
  // Half a million parts are a body's worth, and hardly any is escaped.
  const parts = text.split("/", stepsMax).slice(1);
  if (!text.includes("~")) return parts;
  return parts.map((part) => part.replaceAll(/~[01]/g, (found) => (found === "~1" ? "/" : "~")));
}

function operationOf(item: unknown): Operation {
  if (!isJsonObject(item)) {
    throw badRequest(
      "error decoding patch: json: cannot unmarshal value into Go value of type handlers.jsonPatchOp",
    );
  }
  const { op, path, from, value } = item;
  if (typeof op !== "string") throw rejected();
  return { op, path: pointer(path), from: from === undefined ? undefined : pointer(from), value };
}

function operationsOf(patch: unknown): Operation[] {
  if (!Array.isArray(patch)) {
    const type = isJsonObject(patch) ? "object" : typeof patch;
    throw badRequest(
      `error decoding patch: json: cannot unmarshal ${type} into Go value of type []handlers.jsonPatchOp`,
    );
  }
  if (patch.length > operationsMax) {
    throw refusal(
      "RequestEntityTooLarge",
      `The allowed maximum operations in a JSON patch is ${operationsMax}, got ${patch.length}`,
    );
  }
  return patch.map(operationOf);
}

const arrayIndex = /^[+-]?\d+$/;

/** The place an index names; negative ones count from the end, as the upstream library allows. */
function indexIn(part: string, last: number): number {
  if (!arrayIndex.test(part)) throw rejected();
  const index = Number(part) < 0 ? Number(part) + last + 1 : Number(part);
  if (index < 0 || index > last) throw rejected();
  return index;
}

function childOf(node: unknown, part: string): unknown {
  if (Array.isArray(node)) return node[indexIn(part, node.length - 1)];
  if (!isJsonObject(node) || !hasField(node, part)) throw rejected();
  return node[part];
}

/** A document that operations change in place. */
class Document {
  root: unknown;
  /** Maps that an operation went through: upstream prints those with their fields in order. */
  readonly #opened = new Set<JsonObject>();
  #copiedBytes = 0;

  constructor(root: unknown) {
    this.root = root;
  }

  apply({ op, path, from, value }: Operation): void {
    switch (op) {
      case "add":
        this.#add(path, value);
        return;
      case "remove":
        this.#remove(path);
        return;
      case "replace":
        this.#replace(path, value);
        return;
      case "move":
        if (from === undefined) throw rejected();
        this.#add(path, this.#remove(from));
        return;
      case "copy":
        if (from === undefined) throw rejected();
        this.#copy(from, path);
        return;
      case "test":
        this.#test(path, value);
        return;
      default:
        throw rejected();
    }
  }

  #at(path: readonly string[]): unknown {
    return path.reduce((node, part) => childOf(this.#open(node), part), this.root);
  }

  #open(node: unknown): unknown {
    if (isJsonObject(node)) this.#opened.add(node);
    return node;
  }

  /** Both sides of a comparison are read to the end. */
  #openAll(node: unknown): void {
    if (typeof node !== "object" || node === null) return;
    this.#open(node);
    for (const inner of Object.values(node)) this.#openAll(inner);
  }

  /** As upstream prints it in the end. */
  sortOpened(): void {
    for (const object of this.#opened) sortFields(object);
  }

  /** The list or map that holds a place, and the place's name. */
  #holderOf(path: readonly string[]): { parent: unknown[] | JsonObject; name: string } {
    const name = path.at(-1);
    if (name === undefined) throw rejected();
    const parent = this.#open(this.#at(path.slice(0, -1)));
    if (!Array.isArray(parent) && !isJsonObject(parent)) throw rejected();
    return { parent, name };
  }

  /** undefined: a map has nothing there. */
  #held(path: readonly string[]): unknown {
    const { parent, name } = this.#holderOf(path);
    if (Array.isArray(parent)) return childOf(parent, name);
    return hasField(parent, name) ? parent[name] : undefined;
  }

  /** As upstream prints it when it is copied, which is after the way to its new place was opened. */
  #copy(from: readonly string[], path: readonly string[]): void {
    const value = this.#held(from) ?? null;
    if (path.length > 0) this.#holderOf(path);
    this.#copiedBytes += JSON.stringify(value)?.length ?? 0;
    if (this.#copiedBytes > copiedBytesMax) throw rejected();
    const copied = deepCopy(value);
    this.#sortAs(value, copied);
    this.#add(path, copied);
  }

  #sortAs(original: unknown, copied: unknown): void {
    if (Array.isArray(original) && Array.isArray(copied))
      for (const [at, item] of original.entries()) this.#sortAs(item, copied[at]);
    if (!isJsonObject(original) || !isJsonObject(copied)) return;
    for (const [name, inner] of Object.entries(original)) this.#sortAs(inner, copied[name]);
    if (this.#opened.has(original)) sortFields(copied);
  }

  #add(path: readonly string[], value: unknown): void {
    const { parent, name } = this.#holderOf(path);
    if (Array.isArray(parent)) {
      const index = name === "-" ? parent.length : indexIn(name, parent.length);
      parent.splice(index, 0, value);
    } else setField(parent, name, value);
  }

  #remove(path: readonly string[]): unknown {
    const { parent, name } = this.#holderOf(path);
    if (Array.isArray(parent)) return parent.splice(indexIn(name, parent.length - 1), 1)[0];
    const removed = childOf(parent, name);
    delete parent[name];
    return removed;
  }

  #replace(path: readonly string[], value: unknown): void {
    if (path.length === 0) {
      if (typeof value !== "object" || value === null) throw rejected();
      this.root = value;
      return;
    }
    const { parent, name } = this.#holderOf(path);
    if (Array.isArray(parent)) parent[indexIn(name, parent.length - 1)] = value;
    // What is absent may be replaced, as in the upstream library.
    else setField(parent, name, value);
  }

  /** A test for null holds for an absent field too, as in the upstream library. */
  #test(path: readonly string[], expected: unknown): void {
    const held = path.length === 0 ? this.root : this.#held(path);
    if (!deepEqual(held ?? null, expected ?? null)) throw rejected();
    this.#openAll(held);
  }
}

/**
 * The patched copy of `original`, which is left alone. Throws ApiError: BadRequest for what is no patch,
 * RequestEntityTooLarge for too many operations, Invalid where one does not apply.
 */
export function applyJsonPatch(original: JsonObject, patch: unknown): JsonObject {
  const operations = operationsOf(patch);
  const document = new Document(deepCopy(original));
  // Values are copied: two operations may name the same one, and a later one may reach into it.
  for (const operation of operations) {
    document.apply({ ...operation, value: deepCopy(operation.value) });
  }
  if (!isJsonObject(document.root)) throw rejected();
  sortFields(document.root);
  document.sortOpened();
  return document.root;
}
