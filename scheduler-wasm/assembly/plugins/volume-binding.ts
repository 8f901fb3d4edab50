// VolumeBinding: nodes where the pod's bound volumes can be reached, and its unbound claims find or get one; how
// full their storage would be scores. The host answers that node by node when it changes, as sets.
import { K_VOLUME_SCORES, K_VOLUME_SETS, V_FILTER, V_VOLUME_NODE } from "../abi";
import { field, outsideVerdict, outsideWord, sumOfSets } from "../tables";

/** Which of 64 nodes refuse the class, for its devices too. */
export function filter(cls: usize, block: i32): u64 {
  return outsideWord(field(cls, K_VOLUME_SETS), block);
}

export function verdict(cls: usize, node: i32): u32 {
  return outsideVerdict(field(cls, K_VOLUME_SETS), node, V_VOLUME_NODE & V_FILTER);
}

export function score(cls: usize, node: i32): i32 {
  return sumOfSets(field(cls, K_VOLUME_SCORES), node);
}

export function scores(cls: usize): bool {
  return load<i32>(field(cls, K_VOLUME_SCORES)) > 0;
}
