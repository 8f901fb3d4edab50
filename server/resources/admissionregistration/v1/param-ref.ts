import type { ParamRef } from "#gen/api/admissionregistration/v1.ts";
import { selectorCell } from "#resources/cells.ts";

/** Which objects parametrize a binding. */
export function paramRefCell(reference: ParamRef | undefined): string {
  if (reference === undefined) return "<unset>";
  const { name = "", namespace = "", selector } = reference;
  if (name !== "") return `${namespace === "" ? "*" : namespace}/${name}`;
  return selector === undefined ? "<unset>" : selectorCell(selector);
}
