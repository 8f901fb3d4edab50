// NodeName: spec.nodeName, where the pod has one.
import { K_NAME } from "../abi";
import { setWord } from "../tables";

/** Which of 64 nodes refuse the class. */
export function filter(cls: usize, block: i32): u64 {
  const name = load<i32>(cls, K_NAME);
  return name < 0 ? 0 : ~setWord(name, block);
}
