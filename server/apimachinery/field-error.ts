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

/** As Go's %q: what is no printable ASCII in hexadecimal, in two digits where two are enough. */
const shown = (value: unknown): string =>
  (JSON.stringify(value) ?? "null").replace(/\\u00([01][0-9a-f])|\x7f/g, (_, code = "7f") =>
    typeof value === "string" ? `\\x${code}` : `\\u00${code}`,
  );

export function required(path: Path, detail: string): FieldError {
  const message = detail === "" ? "Required value" : `Required value: ${detail}`;
  return { reason: "FieldValueRequired", field: path.text, message };
}

export function invalidValue(path: Path, value: unknown, detail: string): FieldError {
  const message = `Invalid value: ${shown(value)}: ${detail}`;
  return { reason: "FieldValueInvalid", field: path.text, message };
}

export function notSupported(
  path: Path,
  value: unknown,
  valid: readonly string[],
  order: "sorted" | "as given" = "sorted",
): FieldError {
  const list = (order === "sorted" ? [...valid].sort() : valid)
    .map((item) => JSON.stringify(item))
    .join(", ");
  const message = `Unsupported value: ${shown(value)}: supported values: ${list}`;
  return { reason: "FieldValueNotSupported", field: path.text, message };
}

export function forbiddenField(path: Path, detail: string): FieldError {
  return { reason: "FieldValueForbidden", field: path.text, message: `Forbidden: ${detail}` };
}

export function duplicate(path: Path, value: unknown): FieldError {
  const message = `Duplicate value: ${shown(value)}`;
  return { reason: "FieldValueDuplicate", field: path.text, message };
}

export function notFoundValue(path: Path, value: unknown): FieldError {
  const message = `Not found: ${shown(value)}`;
  return { reason: "FieldValueNotFound", field: path.text, message };
}

export function tooLong(path: Path, bytesMax: number): FieldError {
  const message = `Too long: may not be more than ${bytesMax} bytes`;
  return { reason: "FieldValueTooLong", field: path.text, message };
}

export function tooMany(path: Path, count: number, countMax: number): FieldError {
  const message = `Too many: ${count}: must have at most ${countMax} items`;
  return { reason: "FieldValueTooMany", field: path.text, message };
}
