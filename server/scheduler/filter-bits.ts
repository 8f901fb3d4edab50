/** Sets of filters, a bit each: which of them refused a pod. */
import { V_FILTER, V_FILTER_SHIFT } from "#gen/scheduler-abi.ts";

/** Of the filter that gave a verdict (V_*); those that ask pod and node alone have one each. */
export function filterBit(verdict: number): number {
  return 1 << ((verdict & V_FILTER) >>> V_FILTER_SHIFT);
}
