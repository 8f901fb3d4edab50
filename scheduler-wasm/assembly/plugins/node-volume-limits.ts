// NodeVolumeLimits: a node takes so many volumes of a CSI driver, and of some drivers none without the driver. The
// host keeps the counters: volumes attached, the limit plus one (0: none), 1 where a driver is installed, and of
// volumes that several pods use 1 where one is attached already.
import {
  K_LIMITS,
  V_DRIVERS_MAX,
  V_FILTER,
  V_FIRST_DRIVER,
  V_REASONS,
  V_VOLUME_LIMIT,
} from "../abi";
import { at32, counterOn, field } from "../tables";

const ROW: i32 = 5;

function rowAfter(row: usize): usize {
  return row + ((<usize>(ROW + load<i32>(row, 16))) << 2);
}

/** Upstream looks at every driver before it counts any volume. */
function missingDriver(list: usize, node: i32): u32 {
  let row = list + 4;
  for (let i = 0, drivers = load<i32>(list); i < drivers; i++) {
    const installed = load<i32>(row, 12);
    if (installed >= 0 && counterOn(installed, node) == 0) {
      const reason = (V_FIRST_DRIVER & V_REASONS) << min<i32>(i, V_DRIVERS_MAX - 1);
      return (V_FIRST_DRIVER & V_FILTER) | reason;
    }
    row = rowAfter(row);
  }
  return 0;
}

export function verdict(cls: usize, node: i32): u32 {
  const list = field(cls, K_LIMITS);
  const missing = missingDriver(list, node);
  if (missing != 0) return missing;
  let row = list + 4;
  for (let i = 0, drivers = load<i32>(list); i < drivers; i++) {
    const shared = load<i32>(row, 16);
    const limit = counterOn(load<i32>(row, 4), node) - 1;
    let wanted = load<i32>(row, 8);
    for (let s = 0; s < shared; s++) {
      if (counterOn(at32(row, ROW + s), node) > 0) wanted--;
    }
    const attached = counterOn(load<i32>(row), node);
    if (limit >= 0 && wanted > 0 && attached + wanted > limit) return V_VOLUME_LIMIT;
    row = rowAfter(row);
  }
  return 0;
}

export function refuses(cls: usize, node: i32): bool {
  return verdict(cls, node) != 0;
}

/** Which of 64 nodes refuse the class. */
export function filter(cls: usize, block: i32): u64 {
  if (load<i32>(field(cls, K_LIMITS)) == 0) return 0;
  let refused: u64 = 0;
  for (let i = 0; i < 64; i++) refused |= (<u64>refuses(cls, (block << 6) + i)) << i;
  return refused;
}
