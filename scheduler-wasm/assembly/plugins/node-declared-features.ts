// NodeDeclaredFeatures: a pod that needs a feature of the node's agent goes with nodes that declare it.
import { K_FEATURE_SETS, V_FEATURE, V_FILTER } from "../abi";
import { field, outsideVerdict, outsideWord } from "../tables";

/** Which of 64 nodes refuse the class. */
export function filter(cls: usize, block: i32): u64 {
  return outsideWord(field(cls, K_FEATURE_SETS), block);
}

export function verdict(cls: usize, node: i32): u32 {
  return outsideVerdict(field(cls, K_FEATURE_SETS), node, V_FEATURE & V_FILTER);
}
