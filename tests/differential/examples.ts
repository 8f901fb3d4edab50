/** Values that stand in valid objects, by their type: what fields that an object lacks are filled with. */
import type { StructType, TypeSchema } from "#apimachinery/schema.ts";
import { bases } from "./bases.ts";
import { type Mutation, type Place, placesIn, valueAt } from "./mutations.ts";
import type { Choices } from "./random.ts";
import type { Json } from "./words.ts";

const perType = 8;

/** `core.v1.Probe`, `[]core.v1.Volume`: structs, and lists and maps of anything. */
function nameOf(type: TypeSchema): string | undefined {
  if (type.kind === "struct") return type.id;
  return type.kind === "list" || type.kind === "map" ? type.go : undefined;
}

function learn(known: Map<string, Set<string>>, root: StructType, object: unknown): void {
  for (const { path, type, present } of placesIn(root, object)) {
    const name = nameOf(type);
    if (!present || name === undefined || path[0] === "metadata") continue;
    const texts = known.get(name) ?? new Set();
    known.set(name, texts);
    if (texts.size < perType) texts.add(JSON.stringify(valueAt(object, path)));
  }
}

function all(): ReadonlyMap<string, readonly Json[]> {
  const known = new Map<string, Set<string>>();
  for (const { schema, object } of bases) learn(known, schema, object);
  return new Map(
    [...known].map(([name, texts]) => [name, [...texts].map((text) => JSON.parse(text))]),
  );
}

const examples = all();

const isRecursive = (type: TypeSchema): boolean =>
  type.kind === "struct" && type.id.endsWith("JSONSchemaProps");

function exampleOf(choices: Choices, type: TypeSchema): Json | undefined {
  const known = examples.get(nameOf(type) ?? "") ?? [];
  return known.length === 0 ? undefined : structuredClone(choices.of(known));
}

/** Something valid elsewhere, where the object has nothing, or one more item of a list. */
export function graft(choices: Choices, root: StructType, object: unknown): Mutation | undefined {
  const open = placesIn(root, object).filter((place) => takes(place));
  if (open.length === 0) return undefined;
  const { path, type, present } = choices.of(open);
  if (!present) {
    const value = exampleOf(choices, type);
    return value === undefined ? undefined : { path, value };
  }
  const list = valueAt(object, path);
  const item = type.kind === "list" ? exampleOf(choices, type.item) : undefined;
  return item === undefined || !Array.isArray(list) ? undefined : { path, value: [...list, item] };
}

function takes({ path, type, present }: Place): boolean {
  if (path[0] === "metadata" || path[0] === "status" || isRecursive(type)) return false;
  return present ? type.kind === "list" : nameOf(type) !== undefined;
}
