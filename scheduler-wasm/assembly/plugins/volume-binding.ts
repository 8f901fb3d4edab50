// VolumeBinding: nodes where the pod's bound volumes can be reached, and its unbound claims find or get one.
// The host answers that node by node when it changes, as a set.
import { K_VOLUME_SETS } from "../abi";
import { field, outsideVerdict, outsideWord } from "../tables";

/** Which of 64 nodes refuse the class. */
export function filter(cls: usize, block: i32): u64 {
  return outsideWord(field(cls, K_VOLUME_SETS), block);
}

export function verdict(cls: usize, node: i32): u32 {
  return outsideVerdict(field(cls, K_VOLUME_SETS), node);
}
