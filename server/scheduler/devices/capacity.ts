/** What a share of a device that several may have takes of its capacities, by the device's own policy. */
import {
  compareQuantity,
  formatQuantity,
  parseQuantity,
  type Quantity,
} from "#apimachinery/quantity.ts";
import type { CapacityRequestPolicyRange, DeviceCapacity } from "#gen/api/resource/v1.ts";
import { addTo, type Capacities } from "./ledger.ts";

/** What nobody can represent: the claim is at fault, not the device. */
export class CapacityError extends Error {}

type Asked = Readonly<Record<string, string>> | undefined;
type Offered = Readonly<Record<string, DeviceCapacity>>;

const quantity = (text: string): Quantity => parseQuantity(String(text));
const int64Max = 2n ** 63n - 1n;
/** Thousandths: finer steps than these there are none. */
const finest = -3;

/** In thousandths; undefined where it is finer. */
function milli({ unscaled, scale }: Quantity): bigint | undefined {
  const shift = scale - finest;
  if (shift >= 0) return unscaled * 10n ** BigInt(shift);
  const divisor = 10n ** BigInt(-shift);
  return unscaled % divisor === 0n ? unscaled / divisor : undefined;
}

/** Up to the next step from the smallest. */
function roundedUp(asked: Quantity, { min, step }: CapacityRequestPolicyRange): Quantity {
  const least = quantity(min);
  if (compareQuantity(asked, least) < 0) return least;
  if (step === undefined) return asked;
  const stride = quantity(step);
  const [from, by, wanted] = [milli(least), milli(stride), milli(asked)];
  if (from === undefined || by === undefined || by <= 0n || wanted === undefined)
    throw new CapacityError(`request ${formatQuantity(asked)} is not a representable milli value`);
  const steps = (wanted - from + by - 1n) / by;
  const value = from + by * steps;
  if (value > int64Max)
    throw new CapacityError(`rounding request ${formatQuantity(asked)} up passes the range`);
  return { unscaled: value, scale: finest, format: stride.format };
}

function taken(
  asked: string | undefined,
  { value, requestPolicy: policy }: DeviceCapacity,
): Quantity {
  if (asked === undefined) return quantity(policy?.default ?? value);
  const wanted = quantity(asked);
  if (policy?.validRange !== undefined) return roundedUp(wanted, policy.validRange);
  const values = (policy?.validValues ?? []).map(quantity);
  return values.find((one) => compareQuantity(wanted, one) <= 0) ?? wanted;
}

/** Of what was rounded already. */
function breaksPolicy(amount: Quantity, { requestPolicy: policy }: DeviceCapacity): boolean {
  if (policy === undefined) return false;
  if (policy.default !== undefined && compareQuantity(amount, quantity(policy.default)) === 0)
    return false;
  const { validRange, validValues = [] } = policy;
  if (validRange !== undefined)
    return validRange.max !== undefined && compareQuantity(amount, quantity(validRange.max)) > 0;
  return (
    validValues.length > 0 &&
    !validValues.some((one) => compareQuantity(amount, quantity(one)) === 0)
  );
}

/** What the request takes of each capacity of the device. Throws CapacityError. */
export function consumption(asked: Asked, offered: Offered): Capacities {
  const consumed: Capacities = new Map();
  for (const [name, capacity] of Object.entries(offered)) {
    const amount = taken(asked?.[name], capacity);
    if (amount.unscaled < 0n)
      throw new CapacityError(`capacity "${name}": capacity value is negative`);
    consumed.set(name, amount);
  }
  return consumed;
}

/** Has the device what is asked, beside what others have of it? Throws CapacityError. */
export function hasRoom(
  asked: Asked,
  offered: Offered,
  ...used: readonly (ReadonlyMap<string, Quantity> | undefined)[]
): boolean {
  if (Object.keys(asked ?? {}).some((name) => !(name in offered))) return false;
  for (const [name, amount] of consumption(asked, offered)) {
    const capacity = offered[name];
    if (capacity === undefined || breaksPolicy(amount, capacity)) return false;
    const total: Capacities = new Map([[name, amount]]);
    for (const others of used) {
      const more = others?.get(name);
      if (more !== undefined) addTo(total, name, more, 1);
    }
    if (compareQuantity(total.get(name) ?? amount, quantity(capacity.value)) > 0) return false;
  }
  return true;
}
