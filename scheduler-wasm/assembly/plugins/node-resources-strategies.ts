// NodeResourcesFit's scoring strategies over any resources: LeastAllocated, MostAllocated,
// RequestedToCapacityRatio. Scored resources: see SCORED_BYTES.
import {
  FIT_LEAST,
  FIT_MOST,
  H_NONZERO_CPU,
  H_NONZERO_MEMORY,
  K_FIT_SHAPE,
  K_FIT_STRATEGY,
  NONZERO_CPU,
  NONZERO_MEMORY,
  SCORED_BYTES,
} from "../abi";
import { allocatable, at32, at64, field, header, used } from "../tables";

/** What counts as used of a scored resource on the node. */
export function takenOf(entry: usize, node: i32): f64 {
  const what = load<i32>(entry, 8);
  if (what == NONZERO_CPU) return at64(header(H_NONZERO_CPU), node);
  if (what == NONZERO_MEMORY) return at64(header(H_NONZERO_MEMORY), node);
  return at64(used(what), node);
}

/** Between two points of the shape straight on, in integers; flat outside. */
function onShape(shape: usize, utilization: i32): i32 {
  const points = load<i32>(shape);
  for (let i = 0; i < points; i++) {
    const x = at32(shape, 1 + (i << 1));
    const y = at32(shape, 2 + (i << 1));
    if (utilization > x) continue;
    if (i == 0) return y;
    const x0 = at32(shape, (i << 1) - 1);
    const y0 = at32(shape, i << 1);
    return y0 + ((y - y0) * (utilization - x0)) / (x - x0);
  }
  return at32(shape, points << 1);
}

function scoreOf(cls: usize, has: f64, wanted: f64): i32 {
  const strategy = load<i32>(cls, K_FIT_STRATEGY);
  if (strategy == FIT_LEAST) {
    return wanted > has ? 0 : <i32>Math.floor(((has - wanted) * 100) / has);
  }
  if (strategy == FIT_MOST) return <i32>Math.floor((Math.min(wanted, has) * 100) / has);
  const utilization = wanted > has ? 100 : <i32>Math.floor((wanted * 100) / has);
  return onShape(field(cls, K_FIT_SHAPE), utilization);
}

export function strategyScore(cls: usize, list: usize, node: i32): i32 {
  const count = load<i32>(list);
  const ratio = load<i32>(cls, K_FIT_STRATEGY) > FIT_MOST;
  let entry = list + 8;
  let sum: i64 = 0;
  let weights: i64 = 0;
  for (let i = 0; i < count; i++, entry += SCORED_BYTES) {
    const has = at64(allocatable(load<i32>(entry)), node);
    if (has == 0) continue;
    const one = scoreOf(cls, has, takenOf(entry, node) + load<f64>(entry, 16));
    if (ratio && one <= 0) continue;
    sum += <i64>one * <i64>load<i32>(entry, 4);
    weights += <i64>load<i32>(entry, 4);
  }
  if (weights == 0) return 0;
  if (!ratio) return <i32>(sum / weights);
  return <i32>Math.floor(<f64>sum / <f64>weights + 0.5);
}
