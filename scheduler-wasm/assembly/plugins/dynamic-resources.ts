// DynamicResources: nodes where the pod's claims have their devices, or can get them. The host answers it, as sets in
// the list that volumes have too: 64 nodes at a time they refuse together.
import { K_VOLUME_SETS, V_DEVICE, V_FILTER } from "../abi";
import { field, outsideVerdict } from "../tables";

export function verdict(cls: usize, node: i32): u32 {
  return outsideVerdict(field(cls, K_VOLUME_SETS), node, V_DEVICE & V_FILTER);
}
