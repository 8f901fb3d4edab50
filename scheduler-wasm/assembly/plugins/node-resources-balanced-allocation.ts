// NodeResourcesBalancedAllocation, as since 1.36: how much the pod betters the balance of the resources.
import { K_BALANCED, K_CPU, K_MEMORY, SCORED_BYTES } from "../abi";
import { allocatable, at32, at64, field, put32, used } from "../tables";
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

/** `balance` of two nodes, as i32 in the lower lanes. */
function balanceOfTwo(cpuHas: v128, cpuUsed: v128, memoryHas: v128, memoryUsed: v128): v128 {
  const one = f64x2.splat(1);
  const cpu = f64x2.min(one, f64x2.div(cpuUsed, cpuHas));
  const memory = f64x2.min(one, f64x2.div(memoryUsed, memoryHas));
  const apart = f64x2.abs(f64x2.mul(f64x2.sub(cpu, memory), f64x2.splat(0.5)));
  const zero = f64x2.splat(0);
  const hundred = f64x2.splat(100);
  const known = v128.and(f64x2.gt(cpuHas, zero), f64x2.gt(memoryHas, zero));
  const share = f64x2.mul(f64x2.sub(one, apart), hundred);
  return i32x4.trunc_sat_f64x2_s_zero(v128.bitselect(share, hundred, known));
}

/** What the balance of two nodes gains. */
function gainOfTwo(at: usize, cpu: v128, memory: v128): v128 {
  const cpuHas = v128.load(allocatable(0) + at);
  const cpuUsed = v128.load(used(0) + at);
  const memoryHas = v128.load(allocatable(1) + at);
  const memoryUsed = v128.load(used(1) + at);
  return i32x4.sub(
    balanceOfTwo(cpuHas, f64x2.add(cpuUsed, cpu), memoryHas, f64x2.add(memoryUsed, memory)),
    balanceOfTwo(cpuHas, cpuUsed, memoryHas, memoryUsed),
  );
}

/** Adds the scores of 64 nodes, times `weight`, to the numbers at `into`; those outside `pass` do not matter. */
export function addScores(cls: usize, block: i32, pass: u64, weight: i32, into: usize): void {
  if (field(cls, K_BALANCED) != 0) {
    for (let word = pass; word != 0; word &= word - 1) {
      const i = <i32>ctz<u64>(word);
      put32(into, i, at32(into, i) + weight * score(cls, (block << 6) + i));
    }
    return;
  }
  if (load<f64>(cls, K_CPU) == 0 && load<f64>(cls, K_MEMORY) == 0) return;
  const cpu = f64x2.splat(load<f64>(cls, K_CPU));
  const memory = f64x2.splat(load<f64>(cls, K_MEMORY));
  const first = (<usize>block) << 9;
  const factor = i32x4.splat(weight);
  const fifty = i32x4.splat(50);
  for (let i = 0; i < 16; i++) {
    const at = first + ((<usize>i) << 5);
    const low = gainOfTwo(at, cpu, memory);
    const gain = i32x4.add(fifty, v128.shuffle<i64>(low, gainOfTwo(at + 16, cpu, memory), 0, 2));
    // Halves are cut towards 0, also of negative numbers.
    const half = i32x4.shr_s(i32x4.add(gain, i32x4.shr_u(gain, 31)), 1);
    const place = into + ((<usize>i) << 4);
    const add = i32x4.mul(i32x4.add(fifty, half), factor);
    v128.store(place, i32x4.add(v128.load(place), add));
  }
}
