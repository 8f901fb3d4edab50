// NodeUnschedulable: spec.unschedulable, unless the pod tolerates its taint.
import { H_UNSCHEDULABLE, K_TOLERATES_UNSCHEDULABLE } from "../abi";
import { header, rowWord } from "../tables";

/** Which of 64 nodes refuse the class. */
export function filter(cls: usize, block: i32): u64 {
  return load<i32>(cls, K_TOLERATES_UNSCHEDULABLE) ? 0 : rowWord(header(H_UNSCHEDULABLE), block);
}
