// NodeVolumeLimits: each CSI driver attaches so many volumes to a node; a volume counts once, whoever uses it.
import { K_ATTACHMENTS } from "../abi";
import { allocatable, at32, at64, counterOn, field, used } from "../tables";

export function refuses(cls: usize, node: i32): bool {
  const list = field(cls, K_ATTACHMENTS);
  const drivers = load<i32>(list);
  let place = 1;
  for (let d = 0; d < drivers; d++) {
    const resource = at32(list, place);
    const volumes = at32(list, place + 1);
    let fresh: f64 = 0;
    for (let v = 0; v < volumes; v++) {
      if (counterOn(at32(list, place + 2 + v), node) == 0) fresh += 1;
    }
    const limit = at64(allocatable(resource), node);
    // A node without a limit says so by a negative one.
    if (fresh > 0 && limit >= 0 && at64(used(resource), node) + fresh > limit) return true;
    place += 2 + volumes;
  }
  return false;
}
