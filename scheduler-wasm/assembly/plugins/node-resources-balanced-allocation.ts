// NodeResourcesBalancedAllocation, as since 1.36: how much the pod betters the balance of the resources.
import { K_BALANCED, K_CPU, K_MEMORY, SCORED_BYTES } from "../abi";
import { allocatable, at64, field, used } from "../tables";
import { takenOf } from "./node-resources-strategies";

function balance(cpuHas: f64, cpuUsed: f64, memoryHas: f64, memoryUsed: f64): i32 {
  if (cpuHas <= 0 || memoryHas <= 0) return 100;
  const cpu = Math.min(1, cpuUsed / cpuHas);
  const memory = Math.min(1, memoryUsed / memoryHas);
  return <i32>((1 - Math.abs((cpu - memory) / 2)) * 100);
}

function fraction(entry: usize, node: i32, share: f64): f64 {
  const has = at64(allocatable(load<i32>(entry)), node);
  return has == 0 ? -1 : Math.min(1, (takenOf(entry, node) + share * load<f64>(entry, 16)) / has);
}

/** Of any number of resources, `share` (0 or 1) of the pod's requests added. */
function balanceOf(list: usize, node: i32, share: f64): i32 {
  const count = load<i32>(list);
  let total: f64 = 0;
  let found: f64 = 0;
  let first: f64 = 0;
  let last: f64 = 0;
  for (let i = 0; i < count; i++) {
    const one = fraction(list + 8 + <usize>i * SCORED_BYTES, node, share);
    if (one < 0) continue;
    if (found == 0) first = one;
    last = one;
    total += one;
    found += 1;
  }
  if (found < 2) return 100;
  if (found == 2) return <i32>((1 - Math.abs((first - last) / 2)) * 100);
  const mean = total / found;
  let squares: f64 = 0;
  for (let i = 0; i < count; i++) {
    const one = fraction(list + 8 + <usize>i * SCORED_BYTES, node, share);
    if (one >= 0) squares += (one - mean) * (one - mean);
  }
  return <i32>((1 - Math.sqrt(squares / found)) * 100);
}

export function score(cls: usize, node: i32): i32 {
  const list = field(cls, K_BALANCED);
  if (list != 0) {
    if (load<i32>(list, 4) == 0) return 0;
    return 50 + (50 + balanceOf(list, node, 1) - balanceOf(list, node, 0)) / 2;
  }
  const cpu = load<f64>(cls, K_CPU);
  const memory = load<f64>(cls, K_MEMORY);
  if (cpu == 0 && memory == 0) return 0;
  const cpuHas = at64(allocatable(0), node);
  const cpuUsed = at64(used(0), node);
  const memoryHas = at64(allocatable(1), node);
  const memoryUsed = at64(used(1), node);
  const after = balance(cpuHas, cpuUsed + cpu, memoryHas, memoryUsed + memory);
  const before = balance(cpuHas, cpuUsed, memoryHas, memoryUsed);
  return 50 + (50 + after - before) / 2;
}
