/** How much of a device's capacity a request may take: its policy, where several share the device. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";
import { addQuantity, compareQuantity, parseQuantity } from "#apimachinery/quantity.ts";
import type { CapacityRequestPolicy, DeviceCapacity } from "#gen/api/resource/v1.ts";

const compare = (a: string, b: string): number =>
  compareQuantity(parseQuantity(a), parseQuantity(b));

export function validateCapacity(
  checks: FieldChecks,
  { value = "0", requestPolicy }: DeviceCapacity,
  { path, isShared }: { readonly path: Path; readonly isShared: boolean },
): void {
  if (requestPolicy === undefined) return;
  const here = path.child("requestPolicy");
  const { default: preset, validValues = [], validRange } = requestPolicy;
  if (!isShared) {
    checks.forbidden(here, "allowMultipleAllocations must be true");
    return;
  }
  if (validValues.length > 0 && validRange !== undefined)
    checks.forbidden(
      here,
      'exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time',
    );
  else if (preset === undefined) {
    const given = validValues.length > 0 ? "validValues" : "validRange";
    if (validValues.length > 0 || validRange !== undefined)
      checks.required(here.child("default"), `required when ${given} is defined`);
  } else if (validValues.length > 0) values(checks, validValues, { path: here, preset, value });
  else if (validRange !== undefined)
    range(checks, validRange, { path: here.child("validRange"), preset, value });
}

interface Within {
  readonly path: Path;
  /** What a request takes that does not say. */
  readonly preset: string;
  /** All that there is. */
  readonly value: string;
}

function values(checks: FieldChecks, list: readonly string[], { path, preset, value }: Within) {
  const here = path.child("validValues");
  for (const [index, one] of list.entries()) {
    const before = list[index - 1];
    if (before !== undefined && compare(one, before) < 0)
      checks.invalid(here.index(index), one, "values must be sorted in ascending order");
    if (compare(one, value) > 0)
      checks.invalid(here.index(index), one, `option is larger than capacity value: ${value}`);
    if (list.slice(0, index).some((other) => compare(one, other) === 0))
      checks.duplicate(here.index(index), one);
  }
  if (!list.some((one) => compare(one, preset) === 0))
    checks.invalid(here, preset, "default value is not valid according to the requestPolicy");
}

/** Quantities have nine decimals at most. */
const decimals = 9;

function exact(text: string): bigint {
  const { unscaled, scale } = parseQuantity(text);
  const shift = scale + decimals;
  return shift >= 0 ? unscaled * 10n ** BigInt(shift) : unscaled / 10n ** BigInt(-shift);
}

function isSteps(end: string, min: string, step: string): boolean {
  const one = exact(step);
  return one === 0n || (exact(end) - exact(min)) % one === 0n;
}

type Range = NonNullable<CapacityRequestPolicy["validRange"]>;

function range(checks: FieldChecks, { min, max, step }: Range, { path, preset, value }: Within) {
  if (min === undefined) {
    checks.required(path.child("min"), "required when validRange is defined");
    return;
  }
  const [presetPath, maxPath] = [path.child("default"), path.child("max")];
  if (compare(preset, min) < 0)
    checks.invalid(presetPath, preset, `default is less than min: ${min}`);
  if (compare(min, value) > 0)
    checks.invalid(path.child("min"), min, `min is larger than capacity value: ${value}`);
  if (max !== undefined) {
    if (compare(min, max) > 0) checks.invalid(maxPath, min, `min is larger than max: ${max}`);
    if (compare(max, value) > 0)
      checks.invalid(maxPath, max, `max is larger than capacity value: ${value}`);
    if (compare(preset, max) > 0)
      checks.invalid(presetPath, preset, `default is more than max: ${max}`);
  }
  if (step === undefined) return;
  const [start, one] = [parseQuantity(min), parseQuantity(step)];
  const stepPath = path.child("step");
  if (compareQuantity(addQuantity(start, one), parseQuantity(value)) > 0)
    checks.invalid(stepPath, step, `one step is larger than capacity value: ${value}`);
  for (const end of [preset, ...(max === undefined ? [] : [max])])
    if (!isSteps(end, min, step))
      checks.invalid(
        stepPath,
        end,
        `value is not a multiple of a given step (${step}) from (${min})`,
      );
}
