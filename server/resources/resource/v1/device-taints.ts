/** Taints of devices: what tolerates them, and which devices a rule taints. */
import type {
  DeviceRequestAllocationResult,
  DeviceTaint,
  DeviceTaintRule,
  DeviceToleration,
} from "#gen/api/resource/v1.ts";

export type DeviceName = Pick<DeviceRequestAllocationResult, "driver" | "pool" | "device">;

/** Without an effect, or a key, the toleration is for every one. */
export function toleratesDeviceTaint(toleration: DeviceToleration, taint: DeviceTaint): boolean {
  const { effect, key, operator = "Equal", value = "" } = toleration;
  if (effect && effect !== taint.effect) return false;
  if (key && key !== taint.key) return false;
  return operator === "Exists" || value === (taint.value ?? "");
}

/** Without a selector a rule is for nothing; an empty one is for every device. */
export function rulesOver(
  { spec }: DeviceTaintRule,
  { driver, pool, device }: DeviceName,
): boolean {
  const { deviceSelector: selector } = spec;
  if (selector === undefined) return false;
  return (
    (selector.driver === undefined || selector.driver === driver) &&
    (selector.pool === undefined || selector.pool === pool) &&
    (selector.device === undefined || selector.device === device)
  );
}
