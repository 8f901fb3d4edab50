// VolumeRestrictions: disks that no second pod of a node may use (a counter each, as with ports), and claims
// that no second pod of the cluster may use.
import { K_DISKS, K_EXCLUSIVE, V_DISK, V_EXCLUSIVE } from "../abi";
import { at32, countedWord, counterOn, counterTotal, field } from "../tables";

/** Which of 64 nodes refuse the class for a disk. */
export function filter(cls: usize, block: i32): u64 {
  const disks = field(cls, K_DISKS);
  const count = load<i32>(disks);
  let taken: u64 = 0;
  for (let i = 1; i <= count; i++) taken |= countedWord(at32(disks, i), block);
  return taken;
}

export function refuses(cls: usize, node: i32): bool {
  const disks = field(cls, K_DISKS);
  const count = load<i32>(disks);
  for (let i = 1; i <= count; i++) if (counterOn(at32(disks, i), node) > 0) return true;
  return false;
}

/** Is one of the class's ReadWriteOncePod claims in use anywhere? */
export function excluded(cls: usize): bool {
  const claims = field(cls, K_EXCLUSIVE);
  const count = load<i32>(claims);
  for (let i = 1; i <= count; i++) if (counterTotal(at32(claims, i)) > 0) return true;
  return false;
}

export function verdict(cls: usize, node: i32): u32 {
  if (refuses(cls, node)) return V_DISK;
  return excluded(cls) ? V_EXCLUSIVE : 0;
}
