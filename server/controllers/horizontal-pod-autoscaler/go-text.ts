/** Texts that upstream's messages hold as Go prints them. */
import { formatQuantity } from "#apimachinery/quantity.ts";
import type { LabelSelector } from "#gen/api/meta/v1.ts";

/** `%+v` of a *LabelSelector. */
export function goSelector(selector: LabelSelector | undefined): string {
  if (selector === undefined) return "nil";
  const labels = Object.entries(selector.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const map = labels.map(([key, value]) => `${key}: ${value},`).join("");
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(" ")}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${map}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join("")}},}`;
}

/** The quantity of so many thousandths; memory in binary notation, as metrics servers say it. */
export function milliQuantity(value: number, resource = ""): string {
  const format = resource === "memory" ? "BinarySI" : "DecimalSI";
  return formatQuantity({ unscaled: BigInt(value), scale: -3, format });
}
