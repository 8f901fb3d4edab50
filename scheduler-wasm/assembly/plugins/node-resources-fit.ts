// NodeResourcesFit: room for the requests; LeastAllocated of cpu and memory scores what stays free of them.
// Amounts are integers in f64 (milli-cpu, bytes): exact below 2^53.
import {
  E_NONZERO_CPU,
  E_NONZERO_MEMORY,
  H_NONZERO_CPU,
  H_NONZERO_MEMORY,
  H_PODS,
  H_PODS_MAX,
  K_COUNTS_PODS,
  K_EFFECTS,
  K_FIT_RESOURCES,
  K_REQUESTS,
  V_FIRST_REQUEST_REASON,
  V_FIT,
  V_REQUESTS_MAX,
  V_TOO_MANY_PODS,
  V_UNRESOLVABLE,
} from "../abi";
import { allocatable, at32, at64, field, header, put32, used } from "../tables";
import { strategyScore } from "./node-resources-strategies";

function fullWord(block: i32): u64 {
  let refused: u64 = 0;
  const first32 = (<usize>block) << 8;
  const pods = header(H_PODS) + first32;
  const most = header(H_PODS_MAX) + first32;
  for (let i = 0; i < 16; i++) {
    const at = (<usize>i) << 4;
    const full = i32x4.bitmask(i32x4.ge_s(v128.load(pods + at), v128.load(most + at)));
    refused |= (<u64>full) << (i << 2);
  }
  return refused;
}

/** Of which of 64 nodes the amounts at `has` are above 0. */
function someWord(has: usize): u64 {
  const zero = f64x2.splat(0);
  let word: u64 = 0;
  for (let i = 0; i < 32; i++) {
    const some = f64x2.gt(v128.load(has + ((<usize>i) << 4)), zero);
    word |= (<u64>i64x2.bitmask(some)) << (i << 1);
  }
  return word;
}

/** Which of 64 nodes refuse the class. */
export function filter(cls: usize, block: i32): u64 {
  let refused: u64 = load<i32>(cls, K_COUNTS_PODS) ? fullWord(block) : 0;
  const list = field(cls, K_REQUESTS);
  const requests = load<i32>(list);
  const first64 = (<usize>block) << 9;
  let entry = list + 8;
  for (let r = 0; r < requests; r++) {
    const resource = load<i32>(entry);
    const amount = f64x2.splat(load<f64>(entry, 8));
    const has = allocatable(resource) + first64;
    const taken = used(resource) + first64;
    let short: u64 = 0;
    for (let i = 0; i < 32; i++) {
      const at = (<usize>i) << 4;
      const free = f64x2.sub(v128.load(has + at), v128.load(taken + at));
      short |= (<u64>i64x2.bitmask(f64x2.lt(free, amount))) << (i << 1);
    }
    refused |= servedByDevices(entry) ? short & someWord(has) : short;
    entry += 16;
  }
  return refused;
}

function servedByDevices(entry: usize): bool {
  return load<i32>(entry, 4) != 0;
}

/** Is the request of the entry counted on a node that has so much? */
function counts(entry: usize, has: f64): bool {
  return has > 0 || !servedByDevices(entry);
}

function full(cls: usize, node: i32): bool {
  if (!load<i32>(cls, K_COUNTS_PODS)) return false;
  return at32(header(H_PODS), node) >= at32(header(H_PODS_MAX), node);
}

export function refuses(cls: usize, node: i32): bool {
  if (full(cls, node)) return true;
  const list = field(cls, K_REQUESTS);
  const requests = load<i32>(list);
  let entry = list + 8;
  for (let r = 0; r < requests; r++) {
    const resource = load<i32>(entry);
    const has = at64(allocatable(resource), node);
    if (has - at64(used(resource), node) < load<f64>(entry, 8) && counts(entry, has)) return true;
    entry += 16;
  }
  return false;
}

/** Every reason, for the sentence. */
export function verdict(cls: usize, node: i32): u32 {
  let bits: u32 = full(cls, node) ? V_TOO_MANY_PODS : 0;
  const list = field(cls, K_REQUESTS);
  const requests = load<i32>(list);
  let entry = list + 8;
  for (let r = 0; r < requests; r++) {
    const resource = load<i32>(entry);
    const amount = load<f64>(entry, 8);
    const has = at64(allocatable(resource), node);
    if (has - at64(used(resource), node) < amount && counts(entry, has)) {
      bits |= V_FIT | (V_FIRST_REQUEST_REASON << min<i32>(r, V_REQUESTS_MAX - 1));
      if (amount > has) bits |= V_UNRESOLVABLE;
    }
    entry += 16;
  }
  return bits;
}

/** `least` of two nodes, as i32 in the lower lanes. */
function leastOfTwo(has: v128, wanted: v128): v128 {
  const free = f64x2.mul(f64x2.sub(has, wanted), f64x2.splat(100));
  const known = v128.andnot(f64x2.gt(has, f64x2.splat(0)), f64x2.gt(wanted, has));
  return i32x4.trunc_sat_f64x2_s_zero(v128.and(f64x2.div(free, has), known));
}

function leastOfFour(has: usize, taken: usize, more: f64): v128 {
  const wanted = f64x2.splat(more);
  const low = leastOfTwo(v128.load(has), f64x2.add(v128.load(taken), wanted));
  const high = leastOfTwo(v128.load(has, 16), f64x2.add(v128.load(taken, 16), wanted));
  return v128.shuffle<i64>(low, high, 0, 2);
}

/** Which of four amounts are above 0, by i32 lanes. */
function someOfFour(has: usize): v128 {
  const zero = f64x2.splat(0);
  const low = f64x2.gt(v128.load(has), zero);
  return v128.shuffle<i32>(low, f64x2.gt(v128.load(has, 16), zero), 0, 2, 4, 6);
}

/** Adds the scores of 64 nodes, times `weight`, to the numbers at `into`; those outside `pass` do not matter. */
export function addScores(cls: usize, block: i32, pass: u64, weight: i32, into: usize): void {
  if (field(cls, K_FIT_RESOURCES) != 0) {
    for (let word = pass; word != 0; word &= word - 1) {
      const i = <i32>ctz<u64>(word);
      put32(into, i, at32(into, i) + weight * score(cls, (block << 6) + i));
    }
    return;
  }
  const first = (<usize>block) << 9;
  const effects = field(cls, K_EFFECTS);
  const cpu = load<f64>(effects, E_NONZERO_CPU);
  const memory = load<f64>(effects, E_NONZERO_MEMORY);
  const factor = i32x4.splat(weight);
  for (let i = 0; i < 16; i++) {
    const at = first + ((<usize>i) << 5);
    const hasCpu = allocatable(0) + at;
    const hasMemory = allocatable(1) + at;
    const sum = i32x4.add(
      leastOfFour(hasCpu, header(H_NONZERO_CPU) + at, cpu),
      leastOfFour(hasMemory, header(H_NONZERO_MEMORY) + at, memory),
    );
    const both = v128.and(someOfFour(hasCpu), someOfFour(hasMemory));
    const mean = v128.bitselect(i32x4.shr_s(sum, 1), sum, both);
    const place = into + ((<usize>i) << 4);
    v128.store(place, i32x4.add(v128.load(place), i32x4.mul(mean, factor)));
  }
}

function least(has: f64, wanted: f64): i32 {
  return wanted > has ? 0 : <i32>Math.floor(((has - wanted) * 100) / has);
}

export function score(cls: usize, node: i32): i32 {
  const chosen = field(cls, K_FIT_RESOURCES);
  if (chosen != 0) return strategyScore(cls, chosen, node);
  const effects = field(cls, K_EFFECTS);
  const cpu = at64(allocatable(0), node);
  const memory = at64(allocatable(1), node);
  let sum = 0;
  let weights = 0;
  if (cpu > 0) {
    sum += least(cpu, at64(header(H_NONZERO_CPU), node) + load<f64>(effects, E_NONZERO_CPU));
    weights++;
  }
  if (memory > 0) {
    sum += least(
      memory,
      at64(header(H_NONZERO_MEMORY), node) + load<f64>(effects, E_NONZERO_MEMORY),
    );
    weights++;
  }
  return weights == 0 ? 0 : sum / weights;
}
