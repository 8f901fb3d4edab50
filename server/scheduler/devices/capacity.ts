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

/** Steps are counted in whole amounts. */
function whole({ unscaled, scale }: Quantity): bigint {
  if (scale >= 0) return unscaled * 10n ** BigInt(scale);
  const divisor = 10n ** BigInt(-scale);
  return unscaled / divisor + (unscaled % divisor > 0n ? 1n : 0n);
}

/** Up to the next step from the smallest. */
function roundedUp(asked: Quantity, { min, step }: CapacityRequestPolicyRange): Quantity {
  const least = quantity(min);
  if (compareQuantity(asked, least) < 0) return least;
  if (step === undefined) return asked;
  const stride = quantity(step);
  const [from, by, wanted] = [whole(least), whole(stride), whole(asked)];
  const fault = "capacity request cannot be represented in the device's range arithmetic: ";
  if (wanted > int64Max)
    throw new CapacityError(`${fault}request ${formatQuantity(asked)} exceeds MaxInt64`);
  const value = from + by * ((wanted - from + by - 1n) / by);
  if (value > int64Max)
    throw new CapacityError(
      `${fault}rounding request ${formatQuantity(asked)} up to the next step passes MaxInt64`,
    );
  return { unscaled: value, scale: 0, format: stride.format };
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
    try {
      const amount = taken(asked?.[name], capacity);
      if (amount.unscaled < 0n) throw new CapacityError("capacity value is negative");
      consumed.set(name, amount);
    } catch (error) {
      if (!(error instanceof CapacityError)) throw error;
      throw new CapacityError(`capacity "${name}": ${error.message}`);
    }
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
