/** Taints and what tolerates them. */
import type { Pod, Taint, Toleration } from "#gen/api/core/v1.ts";

/** Of pods on informers: by the node they run on. */
export const byNode = "node";

export function nodeValues({ spec }: Pod): readonly string[] {
  return spec.nodeName === undefined || spec.nodeName === "" ? [] : [spec.nodeName];
}

export function tolerates(toleration: Toleration, taint: Taint): boolean {
  const { key = "", operator = "Equal", value = "", effect } = toleration;
  if (effect !== undefined && effect !== taint.effect) return false;
  if (key !== "" && key !== taint.key) return false;
  if (operator === "Exists") return true;
  if (key === "") return false;
  const given = taint.value ?? "";
  if (operator === "Equal") return value === given;
  const [left, right] = [Number(given), Number(value)];
  return operator === "Gt" ? left > right : left < right;
}
