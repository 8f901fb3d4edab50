/** What a request takes of the capacities of a device, by the policy of each. Amounts are bytes or pieces. */
import type { DeviceCapacity } from "#gen/api/resource/v1.ts";
import { amount } from "./devices.ts";

export type Amounts = ReadonlyMap<string, number>;

function taken(asked: string | undefined, { value, requestPolicy }: DeviceCapacity): number {
  if (asked === undefined) return amount(requestPolicy?.default ?? value);
  const wanted = amount(asked);
  const { validRange, validValues } = requestPolicy ?? {};
  if (validRange !== undefined) {
    const least = amount(validRange.min);
    if (wanted < least) return least;
    if (validRange.step === undefined) return wanted;
    const step = amount(validRange.step);
    return least + Math.ceil((Math.ceil(wanted) - least) / step) * step;
  }
  return validValues?.map(amount).find((one) => wanted <= one) ?? wanted;
}

function isAllowed(much: number, { requestPolicy }: DeviceCapacity): boolean {
  if (requestPolicy === undefined) return true;
  const { default: usual, validRange, validValues = [] } = requestPolicy;
  if (usual !== undefined && amount(usual) === much) return true;
  if (validRange !== undefined) {
    const { min, max, step } = validRange;
    if (max !== undefined && much > amount(max)) return false;
    return step === undefined || (much - amount(min)) % amount(step) === 0;
  }
  return validValues.length === 0 || validValues.some((one) => amount(one) === much);
}

/** undefined: it has not what is asked, beside what is used of it. */
export function consumedOf(
  asked: Readonly<Record<string, string>> | undefined,
  offered: Readonly<Record<string, DeviceCapacity>>,
  used: Amounts,
): Amounts | undefined {
  if (Object.keys(asked ?? {}).some((name) => offered[name] === undefined)) return undefined;
  const consumed = new Map<string, number>();
  for (const [name, capacity] of Object.entries(offered)) {
    const much = taken(asked?.[name], capacity);
    const fits = (used.get(name) ?? 0) + much <= amount(capacity.value);
    if (!fits || !isAllowed(much, capacity)) return undefined;
    consumed.set(name, much);
  }
  return consumed;
}
