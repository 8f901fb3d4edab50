// TaintToleration: hard taints refuse, soft ones cost score.
import { K_FILTER, K_SOFT_TAINTS } from "../abi";
import { at32, field, setHas, taintedWord } from "../tables";

/** Which of 64 nodes refuse the class. */
export function filter(cls: usize, block: i32): u64 {
  return taintedWord(field(cls, K_FILTER), block);
}

/** Soft taints of the node that the class does not tolerate. */
export function raw(cls: usize, node: i32): i32 {
  const taints = field(cls, K_SOFT_TAINTS);
  const count = load<i32>(taints);
  let untolerated = 0;
  for (let i = 1; i <= count; i++) untolerated += <i32>setHas(at32(taints, i), node);
  return untolerated;
}

export function score(untolerated: i32, most: i32): i32 {
  return most == 0 ? 100 : 100 - (100 * untolerated) / most;
}
