import type { ParamRef } from "#gen/api/admissionregistration/v1.ts";
import { goSelector } from "#resources/go-selector.ts";

/** Which objects parametrize a binding. */
export function paramRefCell(reference: ParamRef | undefined): string {
  if (reference === undefined) return "<unset>";
  const { name = "", namespace = "", selector } = reference;
  if (name !== "") return `${namespace === "" ? "*" : namespace}/${name}`;
  return selector === undefined ? "<unset>" : goSelector(selector);
}
