// DynamicResources: nodes where the pod's claims are, or where free devices meet them. The host allocates.
import { K_DEVICE_SETS } from "../abi";
import { field, outsideVerdict, outsideWord } from "../tables";

/** Which of 64 nodes refuse the class. */
export function filter(cls: usize, block: i32): u64 {
  return outsideWord(field(cls, K_DEVICE_SETS), block);
}

export function verdict(cls: usize, node: i32): u32 {
  return outsideVerdict(field(cls, K_DEVICE_SETS), node);
}
