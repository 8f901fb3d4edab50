// NodeVolumeLimits: a node takes so many volumes of a CSI driver. The host keeps the counters: volumes attached,
// the limit plus one (0: none), and of volumes that several pods use 1 where one is attached already.
import { K_LIMITS } from "../abi";
import { at32, counterOn, field } from "../tables";

export function refuses(cls: usize, node: i32): bool {
  const list = field(cls, K_LIMITS);
  const drivers = load<i32>(list);
  let place = list + 4;
  for (let i = 0; i < drivers; i++) {
    const shared = load<i32>(place, 12);
    const limit = counterOn(load<i32>(place, 4), node) - 1;
    let wanted = load<i32>(place, 8);
    for (let s = 0; s < shared; s++) {
      if (counterOn(at32(place, 4 + s), node) > 0) wanted--;
    }
    if (limit >= 0 && wanted > 0 && counterOn(load<i32>(place), node) + wanted > limit) return true;
    place += (<usize>(4 + shared)) << 2;
  }
  return false;
}

/** Which of 64 nodes refuse the class. */
export function filter(cls: usize, block: i32): u64 {
  if (load<i32>(field(cls, K_LIMITS)) == 0) return 0;
  let refused: u64 = 0;
  for (let i = 0; i < 64; i++) refused |= (<u64>refuses(cls, (block << 6) + i)) << i;
  return refused;
}
