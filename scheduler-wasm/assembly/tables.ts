// The arena's tables, and the two things that change them: a pod's effects, a node's change.
// Everything is addresses and numbers; what each field means stands in abi.ts.
import {
  A_AT_LEAST,
  A_CAPACITY,
  A_COUNTER,
  A_COUNTS,
  A_DOMAINS,
  A_ELIGIBLE,
  A_FILTER,
  A_LEAST,
  A_NEXT,
  A_NODES,
  A_TOPOLOGY,
  A_TOTAL,
  C_AGGREGATES,
  C_COLUMN,
  C_TOTAL,
  E_COUNTERS,
  E_ENTRIES,
  E_NONZERO_CPU,
  E_NONZERO_MEMORY,
  E_REQUESTS,
  H_AGGREGATE_COUNT,
  H_AGGREGATES,
  H_ALIVE,
  H_BLOCKS,
  H_COUNTERS,
  H_JOURNAL,
  H_JOURNAL_HEAD,
  H_JOURNAL_MASK,
  H_NONZERO_CPU,
  H_NONZERO_MEMORY,
  H_PODS,
  H_RESOURCES,
  H_SETS,
  H_TOPOLOGIES,
  HEADER,
  V_FILTER,
} from "./abi";

export function header(offset: usize): usize {
  return <usize>load<u32>(HEADER + offset);
}

export function field(record: usize, offset: usize): usize {
  return <usize>load<u32>(record + offset);
}

/** 64 nodes of a set. */
export function setWord(id: i32, block: i32): u64 {
  return load<u64>(<usize>load<u32>(header(H_SETS) + ((<usize>id) << 2)) + ((<usize>block) << 3));
}

export function rowWord(row: usize, block: i32): u64 {
  return load<u64>(row + ((<usize>block) << 3));
}

export function rowHas(row: usize, node: i32): bool {
  return (load<u64>(row + ((<usize>(node >> 6)) << 3)) & ((<u64>1) << (node & 63))) != 0;
}

export function setHas(id: i32, node: i32): bool {
  return rowHas(<usize>load<u32>(header(H_SETS) + ((<usize>id) << 2)), node);
}

export function at32(column: usize, index: i32): i32 {
  return load<i32>(column + ((<usize>index) << 2));
}

export function put32(column: usize, index: i32, value: i32): void {
  store<i32>(column + ((<usize>index) << 2), value);
}

export function at64(column: usize, index: i32): f64 {
  return load<f64>(column + ((<usize>index) << 3));
}

export function add64(column: usize, index: i32, value: f64): void {
  const place = column + ((<usize>index) << 3);
  store<f64>(place, load<f64>(place) + value);
}

export function allocatable(resource: i32): usize {
  return <usize>load<u32>(header(H_RESOURCES) + ((<usize>resource) << 3));
}

export function used(resource: i32): usize {
  return <usize>load<u32>(header(H_RESOURCES) + ((<usize>resource) << 3), 4);
}

export function counterOn(id: i32, node: i32): i32 {
  const counter = <usize>load<u32>(header(H_COUNTERS) + ((<usize>id) << 2));
  return at32(field(counter, C_COLUMN), node);
}

/** Which of 64 numbers of an i32 column are above 0. */
export function positiveWord(column: usize, block: i32): u64 {
  const first = column + ((<usize>block) << 8);
  const zero = i32x4.splat(0);
  let word: u64 = 0;
  for (let i = 0; i < 16; i++) {
    const bits = i32x4.bitmask(i32x4.gt_s(v128.load(first + ((<usize>i) << 4)), zero));
    word |= (<u64>bits) << (i << 2);
  }
  return word;
}

/** On which of 64 nodes the counter counts something. */
export function countedWord(id: i32, block: i32): u64 {
  const counter = <usize>load<u32>(header(H_COUNTERS) + ((<usize>id) << 2));
  return positiveWord(field(counter, C_COLUMN), block);
}

/** The counter summed up over all nodes. */
export function counterTotal(id: i32): i32 {
  return load<i32>(<usize>load<u32>(header(H_COUNTERS) + ((<usize>id) << 2)), C_TOTAL);
}

/** The node's domain of a topology key; -1 where it lacks the label. */
export function domainOf(topology: i32, node: i32): i32 {
  return at32(<usize>load<u32>(header(H_TOPOLOGIES) + ((<usize>topology) << 2)), node);
}

/** Which of 64 nodes have a domain of the topology key. */
export function domainWord(topology: i32, block: i32): u64 {
  const column = <usize>load<u32>(header(H_TOPOLOGIES) + ((<usize>topology) << 2));
  const first = column + ((<usize>block) << 8);
  let lacking: u64 = 0;
  for (let i = 0; i < 16; i++) {
    lacking |= (<u64>i32x4.bitmask(v128.load(first + ((<usize>i) << 4)))) << (i << 2);
  }
  return ~lacking;
}

export function journal(entry: i32): void {
  const head = load<u32>(HEADER + H_JOURNAL_HEAD);
  put32(header(H_JOURNAL), <i32>(head & load<u32>(HEADER + H_JOURNAL_MASK)), entry);
  store<u32>(HEADER + H_JOURNAL_HEAD, head + 1);
}

// ---- node filter: [n, requirements][terms or -1, each: n, requirements][n, taint sets] ----
// A requirement is set << 1 | negated.

function requirementWord(requirement: i32, block: i32): u64 {
  const word = setWord(requirement >> 1, block);
  return requirement & 1 ? ~word : word;
}

/** Which of 64 nodes meet every requirement of a list at `list`; an empty list: all. */
export function allOf(list: usize, block: i32): u64 {
  const count = load<i32>(list);
  let pass = ~(<u64>0);
  for (let i = 1; i <= count; i++) pass &= requirementWord(at32(list, i), block);
  return pass;
}

/** Which of 64 nodes meet nodeSelector and one of the required terms. */
export function affinityWord(filter: usize, block: i32): u64 {
  const pass = allOf(filter, block);
  let place = filter + ((<usize>(load<i32>(filter) + 1)) << 2);
  const terms = load<i32>(place);
  if (terms < 0) return pass;
  let some: u64 = 0;
  place += 4;
  for (let i = 0; i < terms; i++) {
    const count = load<i32>(place);
    if (count > 0) some |= allOf(place, block);
    place += (<usize>(count + 1)) << 2;
  }
  return pass & some;
}

/** Which of 64 nodes carry a taint of the filter. */
export function taintedWord(filter: usize, block: i32): u64 {
  let place = filter + ((<usize>(load<i32>(filter) + 1)) << 2);
  const terms = load<i32>(place);
  place += 4;
  for (let i = 0; i < terms; i++) place += (<usize>(load<i32>(place) + 1)) << 2;
  const count = load<i32>(place);
  let tainted: u64 = 0;
  for (let i = 1; i <= count; i++) tainted |= setWord(at32(place, i), block);
  return tainted;
}

// ---- lists of pairs: set that the node must be in, verdict where it is not ----

/** Which of 64 nodes are missing in a set of the list. */
export function outsideWord(list: usize, block: i32): u64 {
  const count = load<i32>(list);
  let outside: u64 = 0;
  for (let i = 0; i < count; i++) outside |= ~setWord(at32(list, 1 + (i << 1)), block);
  return outside;
}

/** The verdicts of one filter among the sets of the list that lack the node; 0: none does. */
export function outsideVerdict(list: usize, node: i32, filter: u32): u32 {
  const count = load<i32>(list);
  let verdict: u32 = 0;
  for (let i = 0; i < count; i++) {
    const refusal = <u32>at32(list, 2 + (i << 1));
    if ((refusal & V_FILTER) != filter) continue;
    if (!setHas(at32(list, 1 + (i << 1)), node)) verdict |= refusal;
  }
  return verdict;
}

// ---- aggregates ----

function changeCount(aggregate: usize, domain: i32, delta: i32): void {
  const counts = field(aggregate, A_COUNTS);
  const old = at32(counts, domain);
  const now = old + delta;
  put32(counts, domain, now);
  store<i32>(aggregate, load<i32>(aggregate, A_TOTAL) + delta, A_TOTAL);
  const atLeast = load<i32>(aggregate, A_AT_LEAST);
  if (atLeast == 0) return;
  const least = load<i32>(aggregate, A_LEAST);
  if (now < least) {
    store<i32>(aggregate, now, A_LEAST);
    store<i32>(aggregate, 1, A_AT_LEAST);
  } else if (old == least) {
    store<i32>(aggregate, atLeast - 1, A_AT_LEAST);
  } else if (now == least) {
    store<i32>(aggregate, atLeast + 1, A_AT_LEAST);
  }
}

/** The least count over the domains that have an eligible node. */
export function leastCount(aggregate: usize): i32 {
  if (load<i32>(aggregate, A_AT_LEAST) > 0) return load<i32>(aggregate, A_LEAST);
  const counts = field(aggregate, A_COUNTS);
  const nodes = field(aggregate, A_NODES);
  const capacity = load<i32>(aggregate, A_CAPACITY);
  let least = i32.MAX_VALUE;
  let times = 0;
  for (let domain = 0; domain < capacity; domain++) {
    if (at32(nodes, domain) == 0) continue;
    const count = at32(counts, domain);
    if (count > least) continue;
    times = count == least ? times + 1 : 1;
    least = count;
  }
  store<i32>(aggregate, least, A_LEAST);
  store<i32>(aggregate, times, A_AT_LEAST);
  return least;
}

function eligibleWord(aggregate: usize, block: i32): u64 {
  const alive = rowWord(header(H_ALIVE), block);
  const filter = field(aggregate, A_FILTER);
  if (filter == 0) return alive;
  return alive & affinityWord(filter, block) & ~taintedWord(filter, block);
}

/** Adds (sign 1) or takes away (-1) one eligible node's whole count. */
function moveNode(aggregate: usize, node: i32, sign: i32): void {
  const domain = domainOf(load<i32>(aggregate, A_TOPOLOGY), node);
  if (domain < 0) return;
  const nodes = field(aggregate, A_NODES);
  const before = at32(nodes, domain);
  put32(nodes, domain, before + sign);
  if (before == 0 || before + sign == 0) {
    store<i32>(aggregate, load<i32>(aggregate, A_DOMAINS) + sign, A_DOMAINS);
  }
  const count = counterOn(load<i32>(aggregate, A_COUNTER), node);
  changeCount(aggregate, domain, sign * count);
  store<i32>(aggregate, 0, A_AT_LEAST);
}

/** Sums one aggregate up from its counter; its domain tables are zeroed before. */
export function sumAggregate(aggregate: usize): void {
  const blocks = load<i32>(HEADER + H_BLOCKS);
  const row = field(aggregate, A_ELIGIBLE);
  for (let block = 0; block < blocks; block++) {
    let word = eligibleWord(aggregate, block);
    store<u64>(row + ((<usize>block) << 3), word);
    while (word != 0) {
      moveNode(aggregate, (block << 6) + <i32>ctz<u64>(word), 1);
      word &= word - 1;
    }
  }
}

/** Before a node's labels or taints change: takes it out of every aggregate. */
export function detachNode(node: i32): void {
  const count = load<i32>(HEADER + H_AGGREGATE_COUNT);
  for (let i = 0; i < count; i++) {
    const aggregate = <usize>at32(header(H_AGGREGATES), i);
    const place = field(aggregate, A_ELIGIBLE) + ((<usize>(node >> 6)) << 3);
    const bit = (<u64>1) << (node & 63);
    if ((load<u64>(place) & bit) == 0) continue;
    moveNode(aggregate, node, -1);
    store<u64>(place, load<u64>(place) & ~bit);
  }
}

/** After the change: puts it into those where it is eligible now. */
export function attachNode(node: i32): void {
  const count = load<i32>(HEADER + H_AGGREGATE_COUNT);
  for (let i = 0; i < count; i++) {
    const aggregate = <usize>at32(header(H_AGGREGATES), i);
    const bit = (<u64>1) << (node & 63);
    if ((eligibleWord(aggregate, node >> 6) & bit) == 0) continue;
    const place = field(aggregate, A_ELIGIBLE) + ((<usize>(node >> 6)) << 3);
    store<u64>(place, load<u64>(place) | bit);
    moveNode(aggregate, node, 1);
  }
}

export function addToCounter(id: i32, node: i32, delta: i32): void {
  const counter = <usize>load<u32>(header(H_COUNTERS) + ((<usize>id) << 2));
  const column = field(counter, C_COLUMN);
  put32(column, node, at32(column, node) + delta);
  store<i32>(counter, load<i32>(counter, C_TOTAL) + delta, C_TOTAL);
  let aggregate = field(counter, C_AGGREGATES);
  while (aggregate != 0) {
    if (rowHas(field(aggregate, A_ELIGIBLE), node)) {
      const domain = domainOf(load<i32>(aggregate, A_TOPOLOGY), node);
      if (domain >= 0) changeCount(aggregate, domain, delta);
    }
    aggregate = field(aggregate, A_NEXT);
  }
}

/** Puts a pod on a node (sign 1) or takes it off (-1), untold: whoever tries that out puts it back. */
export function applyQuietly(effects: usize, node: i32, sign: i32): void {
  const requests = load<i32>(effects, E_REQUESTS);
  const counters = load<i32>(effects, E_COUNTERS);
  const factor = <f64>sign;
  let place = effects + E_ENTRIES;
  for (let i = 0; i < requests; i++) {
    add64(used(load<i32>(place)), node, factor * load<f64>(place, 8));
    place += 16;
  }
  add64(header(H_NONZERO_CPU), node, factor * load<f64>(effects, E_NONZERO_CPU));
  add64(header(H_NONZERO_MEMORY), node, factor * load<f64>(effects, E_NONZERO_MEMORY));
  const pods = header(H_PODS);
  put32(pods, node, at32(pods, node) + sign);
  for (let i = 0; i < counters; i++) {
    addToCounter(load<i32>(place), node, sign * load<i32>(place, 4));
    place += 8;
  }
}

/** Puts a pod on a node (sign 1) or takes it off (-1). */
export function applyEffects(effects: usize, node: i32, sign: i32): void {
  applyQuietly(effects, node, sign);
  journal(node);
}

/** List of pairs: set, number. The sum of those whose set has the node. */
export function sumOfSets(list: usize, node: i32): i32 {
  const pairs = load<i32>(list);
  let sum = 0;
  for (let i = 0; i < pairs; i++) {
    if (setHas(at32(list, 1 + (i << 1)), node)) sum += at32(list, 2 + (i << 1));
  }
  return sum;
}
