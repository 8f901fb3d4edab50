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
import { allocatable, at32, at64, field, header, used } from "../tables";
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
    for (let i = 0; i < 32; i++) {
      const at = (<usize>i) << 4;
      const free = f64x2.sub(v128.load(has + at), v128.load(taken + at));
      refused |= (<u64>i64x2.bitmask(f64x2.lt(free, amount))) << (i << 1);
    }
    entry += 16;
  }
  return refused;
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
    if (at64(allocatable(resource), node) - at64(used(resource), node) < load<f64>(entry, 8)) {
      return true;
    }
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
    if (has - at64(used(resource), node) < amount) {
      bits |= V_FIT | (V_FIRST_REQUEST_REASON << min<i32>(r, V_REQUESTS_MAX - 1));
      if (amount > has) bits |= V_UNRESOLVABLE;
    }
    entry += 16;
  }
  return bits;
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
