/** Whether a configuration has the shape of its type, in upstream's sentences. */

import { deduced, type ListMerge, type MapMerge, type MergeType } from "./merge-type.ts";
import { printElement } from "./path-element.ts";
import { isFields, isScalar, itemElement, shapeOf, typeUnder } from "./values.ts";

const goTypes: Readonly<Record<string, string>> = {
  string: "string",
  boolean: "bool",
  object: "map[string]interface {}",
};

function goType(value: unknown): string {
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  return goTypes[typeof value] ?? "<nil>";
}

/** As Go prints a value that was read from JSON. */
function goPrinted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goPrinted).join(" ")}]`;
  if (!isFields(value)) return `${value}`;
  const members = Object.keys(value)
    .sort()
    .map((name) => `${name}:${goPrinted(value[name])}`);
  return `map[${members.join(" ")}]`;
}

function scalarErrors(scalar: string, value: unknown): string[] {
  switch (scalar) {
    case "numeric":
      if (typeof value === "number") return [];
      return [`: expected numeric (int or float), got ${goType(value)}`];
    case "string":
      return typeof value === "string"
        ? []
        : [`: expected string, got &value.valueUnstructured{Value:${goPrinted(value)}}`];
    case "boolean":
      return typeof value === "boolean" ? [] : [`: expected boolean, got &{${goPrinted(value)}}`];
    default:
      return isScalar(value) ? [] : [`: expected any scalar, got &{${goPrinted(value)}}`];
  }
}

function within(element: string, errors: readonly string[]): string[] {
  return errors.map((error) => `${printElement(element)}${error}`);
}

/** Whether items of a set or a list by keys may stand twice: in a configuration they may not. */
type Repeats = "may repeat" | undefined;

function mapErrors(type: MapMerge, value: unknown, repeats: Repeats): string[] {
  if (!isFields(value)) return [`: expected map, got &{${goPrinted(value)}}`];
  const errors: string[] = [];
  for (const name of Object.keys(value).sort()) {
    const held = typeUnder(type, name);
    if (held === undefined) {
      // Upstream stops at the first of them.
      return [...errors, `.${name}: field not declared in schema`];
    }
    const wrong = errorsOf(held, value[name], repeats);
    if (wrong.length > 0) errors.push(...within(`f:${name}`, wrong));
  }
  return errors;
}

function listErrors(type: ListMerge, value: unknown, repeats: Repeats): string[] {
  if (!Array.isArray(value)) return [`: expected list, got &{${goPrinted(value)}}`];
  if (type.atomic) return itemErrors(type.item, value, repeats);
  const errors: string[] = [];
  const seen = new Set<string>();
  for (const [index, item] of value.entries()) {
    let element: string;
    try {
      element = itemElement(type, item);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return [...errors, `: element ${index}: ${error.message}`];
    }
    if (seen.has(element) && repeats === undefined)
      errors.push(`: duplicate entries for key ${printElement(element)}`);
    seen.add(element);
    errors.push(...within(element, errorsOf(type.item, item, repeats)));
  }
  return errors;
}

/** Of items that are told apart by their place alone: it is spelled where one is wrong. */
function itemErrors(type: MergeType, items: readonly unknown[], repeats: Repeats): string[] {
  const errors: string[] = [];
  for (const [index, item] of items.entries()) {
    const wrong = errorsOf(type, item, repeats);
    if (wrong.length > 0) errors.push(...within(`i:${index}`, wrong));
  }
  return errors;
}

function errorsOf(type: MergeType, value: unknown, repeats: Repeats): string[] {
  if (value === null || value === undefined) return [];
  if (type.kind === "scalar") return scalarErrors(type.scalar, value);
  const shape = shapeOf(type, value);
  if (shape === undefined) {
    return Array.isArray(value) ? itemErrors(deduced, value, repeats) : [];
  }
  return shape.kind === "map"
    ? mapErrors(shape, value, repeats)
    : listErrors(shape, value, repeats);
}

/** What is wrong with a configuration, as one text; undefined: nothing. */
export function typedError(type: MergeType, value: unknown, repeats?: Repeats): string | undefined {
  const errors = errorsOf(type, value, repeats).map((error) => error.replace(/^: /, ""));
  if (errors.length === 0) return undefined;
  return errors.length === 1 ? errors[0] : ["errors:", ...errors.map((e) => `  ${e}`)].join("\n");
}
