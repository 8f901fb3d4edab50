// VolumeZone: bound volumes labelled with a zone or region go with nodes of it.
import { K_ZONE_SETS, V_FILTER, V_VOLUME_ZONE } from "../abi";
import { field, outsideVerdict, outsideWord } from "../tables";

/** Which of 64 nodes refuse the class. */
export function filter(cls: usize, block: i32): u64 {
  return outsideWord(field(cls, K_ZONE_SETS), block);
}

export function verdict(cls: usize, node: i32): u32 {
  return outsideVerdict(field(cls, K_ZONE_SETS), node, V_VOLUME_ZONE & V_FILTER);
}
