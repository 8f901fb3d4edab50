/** Pruning works on whole fields: a declared field that holds something of the set becomes part of it. */
import { asMember, type FieldSet, hasChildren, leaf } from "./field-set.ts";
import type { MergeType } from "./merge-type.ts";
import { typeUnder } from "./values.ts";

function below(type: MergeType | undefined, element: string): MergeType | undefined {
  if (type?.kind === "any") return type.atomic || element.startsWith("f:") ? type : undefined;
  if (type?.kind === "map") {
    return element.startsWith("f:") ? typeUnder(type, element.slice(2)) : undefined;
  }
  return type?.kind === "list" && element.startsWith("k:") ? type.item : undefined;
}

/** `a.b.c` makes `a` a member too where it is a declared field, but not `a.b` where that is a key of a map. */
export function withNamedFields(type: MergeType | undefined, set: FieldSet): FieldSet {
  const out: Record<string, FieldSet> = {};
  for (const element in set) {
    const node = set[element] ?? leaf;
    if (element === "." || !hasChildren(node)) {
      out[element] = node;
      continue;
    }
    const inside = withNamedFields(below(type, element), node);
    const declared = type?.kind === "map" && type.fields.has(element.slice(2));
    out[element] = declared && element.startsWith("f:") ? asMember(inside) : inside;
  }
  return out;
}
