// VolumeBinding: nodes where the pod's bound volumes can be reached, and its unbound claims find or get one; how
// full their storage would be scores. The host answers that node by node when it changes, as sets.
import { K_VOLUME_SCORES, K_VOLUME_SETS, V_FILTER, V_VOLUME_NODE } from "../abi";
import { at32, field, outsideVerdict, outsideWord, setHas } from "../tables";

/** Which of 64 nodes refuse the class, for its devices too. */
export function filter(cls: usize, block: i32): u64 {
  return outsideWord(field(cls, K_VOLUME_SETS), block);
}

export function verdict(cls: usize, node: i32): u32 {
  return outsideVerdict(field(cls, K_VOLUME_SETS), node, V_VOLUME_NODE & V_FILTER);
}

export function score(cls: usize, node: i32): i32 {
  const list = field(cls, K_VOLUME_SCORES);
  const digits = load<i32>(list);
  let sum = 0;
  for (let i = 0; i < digits; i++) {
    if (setHas(at32(list, 1 + (i << 1)), node)) sum += at32(list, 2 + (i << 1));
  }
  return sum;
}

export function scores(cls: usize): bool {
  return load<i32>(field(cls, K_VOLUME_SCORES)) > 0;
}
