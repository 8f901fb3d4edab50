// DynamicResources: nodes where the pod's claims have their devices, or can get them, and how good the alternatives
// are that they get there. The host answers both: refusals as sets in the list that volumes have too (64 nodes at a
// time they refuse together), scores by their binary digits.
import { K_DEVICE_SCORES, K_VOLUME_SETS, V_DEVICE, V_FILTER } from "../abi";
import { field, outsideVerdict, sumOfSets } from "../tables";

export function verdict(cls: usize, node: i32): u32 {
  return outsideVerdict(field(cls, K_VOLUME_SETS), node, V_DEVICE & V_FILTER);
}

export function score(cls: usize, node: i32): i32 {
  return sumOfSets(field(cls, K_DEVICE_SCORES), node);
}

export function scores(cls: usize): bool {
  return load<i32>(field(cls, K_DEVICE_SCORES)) > 0;
}
