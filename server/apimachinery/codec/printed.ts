/**
 * What upstream's JSON shows as null: a field whose Go type has no absence and that is never left out (a list
 * without omitempty, a time held by value). Within the server such a field is absent; only text has the null.
 */
import {
  type FieldSchema,
  type StructType,
  schemaOf,
  type TypeSchema,
} from "#apimachinery/schema.ts";

interface Plan {
  /** Fields that are null where they are absent. */
  readonly nulls: readonly string[];
  /** Fields that hold structs with such fields, themselves or somewhere below. */
  readonly inner: readonly Inner[];
}

interface Inner {
  readonly name: string;
  readonly kind: "struct" | "list" | "map";
  readonly plan: Plan;
}

type Fields = Readonly<Record<string, unknown>>;

const plans = new Map<StructType, Plan>();
const nothing: Plan = { nulls: [], inner: [] };

const isEmpty = ({ nulls, inner }: Plan): boolean => nulls.length === 0 && inner.length === 0;

function showsNull({ type, pointer, omit }: FieldSchema): boolean {
  if (type.kind === "special" && !pointer && /Time$/.test(type.name)) return omit !== "zero";
  if (omit !== "") return false;
  return pointer || type.kind === "list" || (type.kind === "scalar" && type.name === "bytes");
}

function structWithin(type: TypeSchema): [Inner["kind"], StructType] | undefined {
  if (type.kind === "struct") return ["struct", type];
  if (type.kind === "list" && type.item.kind === "struct") return ["list", type.item];
  return type.kind === "map" && type.value.kind === "struct" ? ["map", type.value] : undefined;
}

/** A type within itself (JSONSchemaProps) has no such fields. */
function planOf(type: StructType): Plan {
  const known = plans.get(type);
  if (known !== undefined) return known;
  plans.set(type, nothing);
  const fields = [...type.properties.values()].filter(({ name }) => name !== "metadata");
  const inner = fields.flatMap((field): Inner[] => {
    const [kind, struct] = structWithin(field.type) ?? [];
    if (kind === undefined || struct === undefined) return [];
    const plan = planOf(struct);
    return isEmpty(plan) ? [] : [{ name: field.name, kind, plan }];
  });
  const plan = { nulls: fields.filter(showsNull).map(({ name }) => name), inner };
  plans.set(type, plan);
  return plan;
}

/** How a value is printed; the same one where nothing of it is null. */
class Printer {
  /** Read from the store, where an empty list is none. */
  readonly #stored: boolean;

  constructor(stored: boolean) {
    this.#stored = stored;
  }

  #isNothing(value: unknown): boolean {
    return value === undefined || (this.#stored && Array.isArray(value) && value.length === 0);
  }

  struct({ nulls, inner }: Plan, value: Fields): Fields {
    let changes: Record<string, unknown> | undefined;
    for (const name of nulls)
      if (this.#isNothing(value[name])) changes = { ...changes, [name]: null };
    for (const { name, kind, plan } of inner) {
      const held = value[name];
      const printed = isFields(held) ? this.#held(kind, plan, held) : held;
      if (printed !== held) changes = { ...changes, [name]: printed };
    }
    return changes === undefined ? value : { ...value, ...changes };
  }

  #held(kind: Inner["kind"], plan: Plan, held: Fields): unknown {
    if (kind === "struct") return this.struct(plan, held);
    const each = (item: unknown): unknown => (isFields(item) ? this.struct(plan, item) : item);
    if (Array.isArray(held)) {
      const items = held.map(each);
      return items.every((item, index) => item === held[index]) ? held : items;
    }
    const entries = Object.entries(held).map(([key, item]) => [key, each(item)] as const);
    return entries.every(([key, item]) => item === held[key]) ? held : Object.fromEntries(entries);
  }
}

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;

const printers = { stored: new Printer(true), made: new Printer(false) };

/** `from`: read from the store, or an answer that never was there (a dry run, a review). */
export function printed<T extends { apiVersion: string; kind: string }>(
  object: T,
  from: keyof typeof printers,
): T {
  const type = schemaOf(object.apiVersion, object.kind);
  if (type === undefined) return object;
  const plan = planOf(type);
  // The same type, with nulls that only text shows.
  return isEmpty(plan) ? object : (printers[from].struct(plan, { ...object }) as T);
}
