/** Reads a configuration tree field by field; what is wrong is noted with the path of the field. */

/** Ranges of upstream's integers. */
export const int32 = [-(2 ** 31), 2 ** 31 - 1] as const;
/** As far as numbers go here. */
export const int64 = [-(2 ** 53), 2 ** 53] as const;

type Tree = Readonly<Record<string, unknown>>;

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export class ConfigReader {
  readonly path: string;
  readonly #tree: Tree;
  readonly #errors: string[];

  constructor(value: unknown, path = "", errors: string[] = []) {
    this.path = path;
    this.#errors = errors;
    this.#tree = isTree(value) ? value : {};
    if (value !== undefined && value !== null && !isTree(value))
      this.wrong("", "must be an object");
  }

  /** All that was found wrong in the whole tree so far. */
  get errors(): readonly string[] {
    return this.#errors;
  }

  at(field: string): string {
    return this.path === "" ? field : field === "" ? this.path : `${this.path}.${field}`;
  }

  wrong(field: string, message: string): void {
    this.#errors.push(`${this.at(field)}: ${message}`);
  }

  /** Notes every field that is none of these. */
  only(...fields: readonly string[]): this {
    for (const field of Object.keys(this.#tree)) {
      if (!fields.includes(field)) this.wrong(field, "unknown field");
    }
    return this;
  }

  has(field: string): boolean {
    return this.#tree[field] !== undefined && this.#tree[field] !== null;
  }

  raw(field: string): unknown {
    return this.#tree[field];
  }

  object(field: string): ConfigReader {
    return new ConfigReader(this.#tree[field], this.at(field), this.#errors);
  }

  items(field: string): ConfigReader[] {
    return this.#list(field).map(
      (value, index) => new ConfigReader(value, `${this.at(field)}[${index}]`, this.#errors),
    );
  }

  strings(field: string): string[] {
    return this.#list(field).flatMap((value, index) => {
      if (typeof value === "string") return [value];
      this.#errors.push(`${this.at(field)}[${index}]: must be a string`);
      return [];
    });
  }

  #list(field: string): readonly unknown[] {
    const value = this.#tree[field];
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) return value;
    this.wrong(field, "must be a list");
    return [];
  }

  string(field: string, fallback: string): string {
    const value = this.#tree[field];
    if (value === undefined || value === null) return fallback;
    if (typeof value === "string") return value;
    this.wrong(field, "must be a string");
    return fallback;
  }

  boolean(field: string, fallback: boolean): boolean {
    const value = this.#tree[field];
    if (value === undefined || value === null) return fallback;
    if (typeof value === "boolean") return value;
    this.wrong(field, "must be true or false");
    return fallback;
  }

  /** `words`: of a whole number out of range. */
  integer(
    field: string,
    fallback: number,
    range: readonly [min: number, max: number],
    words = "out of range",
  ): number {
    const value = this.#tree[field];
    if (value === undefined || value === null) return fallback;
    const [min, max] = range;
    if (typeof value !== "number" || !Number.isInteger(value)) {
      this.wrong(field, "must be an integer");
      return fallback;
    }
    if (value >= min && value <= max) return value;
    this.wrong(field, `Invalid value: ${value}: ${words}`);
    return fallback;
  }

  choice<T extends string>(field: string, fallback: T, choices: readonly T[]): T {
    const value = this.#tree[field];
    if (value === undefined || value === null || value === "") return fallback;
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    const supported = choices.map((choice) => `"${choice}"`).join(", ");
    this.wrong(
      field,
      `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported}`,
    );
    return fallback;
  }
}
