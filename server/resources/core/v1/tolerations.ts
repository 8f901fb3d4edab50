import type { Taint, Toleration } from "#gen/api/core/v1.ts";

/** Without an effect, or a key, the toleration is for every one; every key only with `Exists`. */
export function toleratesTaint(toleration: Toleration, taint: Taint): boolean {
  const { key = "", operator = "Equal", value = "", effect = "" } = toleration;
  if (effect !== "" && effect !== taint.effect) return false;
  if (key !== "" && key !== taint.key) return false;
  if (operator === "Exists") return true;
  if (key === "") return false;
  const given = taint.value ?? "";
  if (operator === "Equal") return value === given;
  const [left, right] = [Number(given), Number(value)];
  return operator === "Gt" ? left > right : left < right;
}
