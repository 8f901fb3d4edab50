/** How a device is told from all others. */
import type { DeviceRequestAllocationResult } from "#gen/api/resource/v1.ts";

export function deviceKey(driver: string, pool: string, device: string): string {
  return `${driver}/${pool}/${device}`;
}

export function keyOfResult(result: DeviceRequestAllocationResult): string {
  return deviceKey(result.driver, result.pool, result.device);
}
