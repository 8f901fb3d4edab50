/** Invalid fields, as upstream's util/validation/field reports them: a reason, a path, a sentence. */

export type FieldErrorReason =
  | "FieldValueNotFound"
  | "FieldValueRequired"
  | "FieldValueDuplicate"
  | "FieldValueInvalid"
  | "FieldValueNotSupported"
  | "FieldValueForbidden"
  | "FieldValueTooLong"
  | "FieldValueTooMany"
  | "FieldValueTypeInvalid"
  | "InternalError";

export interface FieldError {
  readonly reason: FieldErrorReason;
  readonly field: string;
  readonly message: string;
  /** Of a rule that upstream declares at the type: told after all that it checks by hand. */
  readonly isDeclared?: true;
}

/**
 * `spec.containers[0].name`: a path is built downwards, one step a call. Its text is put together only when
 * an error wants it: a valid object takes hundreds of steps that nobody reads.
 */
export class Path {
  readonly #parent: Path | undefined;
  readonly #step: string | number;
  readonly #isChild: boolean;

  constructor(step: string | number = "", parent?: Path, isChild = true) {
    this.#parent = parent;
    this.#step = step;
    this.#isChild = isChild;
  }

  get text(): string {
    const before = this.#parent?.text ?? "";
    if (!this.#isChild) return `${before}[${this.#step}]`;
    return before === "" ? `${this.#step}` : `${before}.${this.#step}`;
  }

  child(name: string, ...deeper: readonly string[]): Path {
    let path = new Path(name, this);
    for (const step of deeper) path = new Path(step, path);
    return path;
  }

  index(position: number): Path {
    return new Path(position, this, false);
  }

  key(name: string): Path {
    return new Path(name, this, false);
  }
}

/**
 * Characters of a value that a sentence quotes. Each fault of a list may quote the whole list: of thousands of faults
 * those were gigabytes.
 */
const shownMax = 8 * 1024;

/** JSON, cut off where it grows longer. */
function jsonUpTo(value: unknown, max: number): string {
  if (typeof value === "string") return JSON.stringify(cut(value, max));
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  return Array.isArray(value) ? `[${itemsUpTo(value, max)}]` : `{${membersUpTo(value, max)}}`;
}

const cut = (text: string, max: number): string =>
  text.length <= max ? text : `${text.slice(0, max)}…`;

function itemsUpTo(list: readonly unknown[], max: number): string {
  let text = "";
  for (let at = 0; at < list.length; at++) {
    if (text.length >= max) return `${text},…`;
    text += (at === 0 ? "" : ",") + jsonUpTo(list[at], max - text.length);
  }
  return text;
}

function membersUpTo(object: object, max: number): string {
  let text = "";
  for (const [name, value] of Object.entries(object)) {
    if (value === undefined) continue;
    if (text.length >= max) return `${text},…`;
    text += `${text === "" ? "" : ","}${JSON.stringify(cut(name, max))}:${jsonUpTo(value, max - text.length)}`;
  }
  return text;
}

/** The last value that was too long to quote whole: the next faults of a list quote it too. */
let longOne = { of: new WeakRef<object>({}), text: "" };

function quotedJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return jsonUpTo(value, shownMax);
  if (longOne.of.deref() === value) return longOne.text;
  const text = jsonUpTo(value, shownMax);
  if (text.length > shownMax) longOne = { of: new WeakRef(value), text };
  return text;
}

/** As Go's %q: what is no printable ASCII in hexadecimal, in two digits where two are enough. */
export const goQuoted = (value: unknown): string =>
  quotedJson(value).replace(/\\u00([01][0-9a-f])|\x7f/g, (_, code = "7f") =>
    typeof value === "string" ? `\\x${code}` : `\\u00${code}`,
  );

export const immutableSentence = "field is immutable";

/** Told with every value that a sentence leaves out. */
export const omittedValue = Symbol("omitted");

export function required(path: Path, detail: string): FieldError {
  const message = detail === "" ? "Required value" : `Required value: ${detail}`;
  return { reason: "FieldValueRequired", field: path.text, message };
}

export function invalidValue(path: Path, value: unknown, detail: string): FieldError {
  const said = value === omittedValue ? [] : [goQuoted(value)];
  const message = ["Invalid value", ...said, ...(detail === "" ? [] : [detail])].join(": ");
  return { reason: "FieldValueInvalid", field: path.text, message };
}

/** What is supported, as sentences list it: of one check over a long list it is the same each time. */
const sortedLists = new WeakMap<readonly string[], string>();
const plainLists = new WeakMap<readonly string[], string>();

const listOf = (items: readonly string[]): string =>
  items.map((item) => JSON.stringify(item)).join(", ");

export function notSupported(
  path: Path,
  value: unknown,
  valid: readonly string[],
  order: "sorted" | "as given" = "sorted",
): FieldError {
  const lists = order === "sorted" ? sortedLists : plainLists;
  const list = lists.get(valid) ?? listOf(order === "sorted" ? [...valid].sort() : valid);
  lists.set(valid, list);
  const message = `Unsupported value: ${goQuoted(value)}: supported values: ${list}`;
  return { reason: "FieldValueNotSupported", field: path.text, message };
}

export function forbiddenField(path: Path, detail: string): FieldError {
  const message = detail === "" ? "Forbidden" : `Forbidden: ${detail}`;
  return { reason: "FieldValueForbidden", field: path.text, message };
}

export function duplicate(path: Path, value: unknown, detail = ""): FieldError {
  const message = `Duplicate value: ${goQuoted(value)}${detail === "" ? "" : `: ${detail}`}`;
  return { reason: "FieldValueDuplicate", field: path.text, message };
}

export function notFoundValue(path: Path, value: unknown): FieldError {
  const message = `Not found: ${goQuoted(value)}`;
  return { reason: "FieldValueNotFound", field: path.text, message };
}

export function tooLong(path: Path, bytesMax: number): FieldError {
  const message = `Too long: may not be more than ${bytesMax} bytes`;
  return { reason: "FieldValueTooLong", field: path.text, message };
}

/**
 * As upstream tells them: what it declares at the types comes after all that it checks by hand. A field that may not
 * change is not judged further by its declared rules, nor is what it holds: there the checks by hand stand.
 */
export function inTold(errors: readonly FieldError[]): readonly FieldError[] {
  const fixed = errors
    .filter(({ message }) => message.endsWith(`: ${immutableSentence}`))
    .map(({ field }) => field);
  const isBeneath = (field: string): boolean =>
    fixed.some((top) => field.startsWith(`${top}.`) || field.startsWith(`${top}[`));
  const isLate = ({ isDeclared, field, reason }: FieldError): boolean =>
    isDeclared === true &&
    !isBeneath(field) &&
    !(reason === "FieldValueNotSupported" && fixed.includes(field));
  return [...errors.filter((error) => !isLate(error)), ...errors.filter(isLate)];
}

export function tooMany(path: Path, count: number, countMax: number): FieldError {
  const message = `Too many: ${count}: must have at most ${countMax} items`;
  return { reason: "FieldValueTooMany", field: path.text, message };
}
