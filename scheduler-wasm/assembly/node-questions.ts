// Filters that ask pod and node alone (server/scheduler/plugins/): the host answers them node by node when it
// changes, as sets, and they come last.
import { K_NODE_SETS, V_FILTER } from "./abi";
import { at32, field, outsideVerdict, outsideWord, setHas } from "./tables";

/** Which of 64 nodes refuse the class. */
export function filter(cls: usize, block: i32): u64 {
  return outsideWord(field(cls, K_NODE_SETS), block);
}

/** Of the first filter that refuses the node; 0: none does. */
export function verdict(cls: usize, node: i32): u32 {
  const list = field(cls, K_NODE_SETS);
  const count = load<i32>(list);
  for (let i = 0; i < count; i++) {
    if (setHas(at32(list, 1 + (i << 1)), node)) continue;
    return outsideVerdict(list, node, <u32>at32(list, 2 + (i << 1)) & V_FILTER);
  }
  return 0;
}
