// A class's cache. Nodes that differ only in local score (Fit, balance, images) form a group: one vector of
// features (domains, counts, soft taints, preferred terms). Across nodes only groups are weighed; within a
// group the best node is the greatest key, kept as maxima of 64-slot blocks. A placement changes one node:
// every class replays the journal of changed nodes when it is next used.
import {
  BLOCK,
  G_BEST,
  G_DIRTY,
  G_FEATURES,
  G_NODES,
  G_VERDICT,
  H_BLOCKS,
  H_EPOCH,
  H_JOURNAL,
  H_JOURNAL_HEAD,
  H_JOURNAL_MASK,
  H_NOMINATED_SLOTS,
  H_SLOTS,
  HEADER,
  JOURNAL_STATIC,
  K_ACROSS,
  K_CURSOR,
  K_EPOCH,
  K_FEATURES,
  K_GROUP_BYTES,
  K_GROUP_CAPACITY,
  K_GROUP_COUNT,
  K_GROUP_OF,
  K_GROUPS,
  K_HASH,
  K_HASH_MASK,
  K_KEYS,
  K_MAXIMA,
  K_MAXIMA_BYTES,
  K_SCAN,
  K_STATIC,
} from "./abi";
import { greatestLane, keyOf, keysOfBlock, passHere, refusedHere, staticWord } from "./cycle";
import { readFeatures } from "./features";
import { firstNominated } from "./pods";
import { at32, field, header, journal, put32 } from "./tables";
import { nominatedVerdict } from "./verdict";

function groupAt(cls: usize, index: i32): usize {
  return field(cls, K_GROUPS) + <usize>index * field(cls, K_GROUP_BYTES);
}

function maximaOf(cls: usize, group: i32): usize {
  return field(cls, K_MAXIMA) + <usize>group * field(cls, K_MAXIMA_BYTES);
}

/** The group of the features that stand in the first free record; a new one if none has them; -1: no room. */
function findGroup(cls: usize): i32 {
  const count = load<i32>(cls, K_GROUP_COUNT);
  const fresh = groupAt(cls, count) + G_FEATURES;
  const length = load<i32>(field(cls, K_FEATURES));
  let hash: u32 = 2166136261;
  for (let i = 0; i < length; i++) hash = (hash ^ <u32>at32(fresh, i)) * 16777619;
  hash ^= hash >> 15;
  const table = field(cls, K_HASH);
  const mask = load<u32>(cls, K_HASH_MASK);
  let place = hash & mask;
  while (true) {
    const found = at32(table, <i32>place) - 1;
    if (found < 0) break;
    if (memory.compare(groupAt(cls, found) + G_FEATURES, fresh, (<usize>length) << 2) == 0)
      return found;
    place = (place + 1) & mask;
  }
  if (count + 1 >= load<i32>(cls, K_GROUP_CAPACITY)) return -1;
  put32(table, <i32>place, count + 1);
  store<i32>(cls, count + 1, K_GROUP_COUNT);
  freshGroup(cls, count);
  return count;
}

function freshGroup(cls: usize, index: i32): void {
  const group = groupAt(cls, index);
  store<i32>(group, 0, G_NODES);
  store<i32>(group, -1, G_BEST);
  store<i32>(group, 0, G_DIRTY);
  memory.fill(maximaOf(cls, index), 0xff, field(cls, K_MAXIMA_BYTES));
}

function blockMaximum(cls: usize, group: i32, block: i32): i32 {
  const first = (<usize>block) << 8;
  const keys = field(cls, K_KEYS) + first;
  const column = field(cls, K_GROUP_OF);
  let lanes = i32x4.splat(-1);
  if (column == 0) {
    for (let at: usize = 0; at < 256; at += 16) lanes = i32x4.max_s(lanes, v128.load(keys + at));
    return greatestLane(lanes);
  }
  const own = i32x4.splat(group);
  for (let at: usize = 0; at < 256; at += 16) {
    const others = i32x4.ne(v128.load(column + first + at), own);
    lanes = i32x4.max_s(lanes, v128.or(v128.load(keys + at), others));
  }
  return greatestLane(lanes);
}

/** The group that the node stands in, -1: in none. A class without features has one alone. */
function groupOf(cls: usize, node: i32): i32 {
  const column = field(cls, K_GROUP_OF);
  if (column != 0) return at32(column, node);
  return at32(field(cls, K_KEYS), node) < 0 ? -1 : 0;
}

function setGroup(cls: usize, node: i32, group: i32): void {
  const column = field(cls, K_GROUP_OF);
  if (column != 0) put32(column, node, group);
}

/** Takes a node out of its group. */
function leave(cls: usize, node: i32): void {
  const index = groupOf(cls, node);
  if (index < 0) return;
  const key = at32(field(cls, K_KEYS), node);
  setGroup(cls, node, -1);
  put32(field(cls, K_KEYS), node, -1);
  if (load<i32>(cls, K_SCAN)) return;
  const group = groupAt(cls, index);
  store<i32>(group, load<i32>(group, G_NODES) - 1, G_NODES);
  const maxima = maximaOf(cls, index);
  if (at32(maxima, node >> 6) == key) put32(maxima, node >> 6, blockMaximum(cls, index, node >> 6));
  if (load<i32>(group, G_BEST) == key) store<i32>(group, 1, G_DIRTY);
}

/** Puts a node that passes the local filters into its group; false: no room for another group. */
function enter(cls: usize, node: i32, key: i32): bool {
  let index = 0;
  if (!load<i32>(cls, K_SCAN) && field(cls, K_GROUP_OF) != 0) {
    readFeatures(cls, node, groupAt(cls, load<i32>(cls, K_GROUP_COUNT)) + G_FEATURES);
    index = findGroup(cls);
    if (index < 0) return false;
  }
  put32(field(cls, K_KEYS), node, key);
  setGroup(cls, node, index);
  if (load<i32>(cls, K_SCAN)) return true;
  const group = groupAt(cls, index);
  store<i32>(group, load<i32>(group, G_NODES) + 1, G_NODES);
  const maxima = maximaOf(cls, index);
  if (key > at32(maxima, node >> 6)) put32(maxima, node >> 6, key);
  if (key > load<i32>(group, G_BEST)) store<i32>(group, key, G_BEST);
  return true;
}

function clear(cls: usize): void {
  // Blocks that hold nodes are written whole; a node may come to one that holds none yet.
  const capacity = (<usize>load<u32>(HEADER + H_JOURNAL_MASK) + 1) << 2;
  const written = (<usize>load<i32>(HEADER + H_BLOCKS)) << 8;
  memory.fill(field(cls, K_KEYS) + written, 0xff, capacity - written);
  store<i32>(cls, 0, K_GROUP_COUNT);
  if (field(cls, K_GROUP_OF) == 0) {
    freshGroup(cls, 0);
    store<i32>(cls, 1, K_GROUP_COUNT);
    return;
  }
  memory.fill(field(cls, K_GROUP_OF), 0xff, capacity);
  memory.fill(field(cls, K_HASH), 0, (<usize>load<u32>(cls, K_HASH_MASK) + 1) << 2);
}

function fill(cls: usize): bool {
  const blocks = load<i32>(HEADER + H_BLOCKS);
  const row = field(cls, K_STATIC);
  for (let block = 0; block < blocks; block++) {
    const pass = staticWord(cls, block);
    store<u64>(row + ((<usize>block) << 3), pass);
    if (!fillBlock(cls, block, passHere(cls, block, pass))) return false;
  }
  return true;
}

/** The block's keys, and its nodes into their groups: those of `pass`. False: no room for another group. */
function fillBlock(cls: usize, block: i32, pass: u64): bool {
  const keys = field(cls, K_KEYS) + ((<usize>block) << 8);
  if (field(cls, K_GROUP_OF) == 0) {
    const group = groupAt(cls, 0);
    const most = keysOfBlock(cls, block, pass, keys);
    put32(maximaOf(cls, 0), block, most);
    store<i32>(group, load<i32>(group, G_NODES) + <i32>popcnt<u64>(pass), G_NODES);
    store<i32>(group, max<i32>(load<i32>(group, G_BEST), most), G_BEST);
    return true;
  }
  // Not in place: a group's block maximum is known of the nodes that have entered.
  keysOfBlock(cls, block, pass, BLOCK);
  memory.fill(keys, 0xff, 256);
  for (let word = pass; word != 0; word &= word - 1) {
    const i = <i32>ctz<u64>(word);
    if (!enter(cls, (block << 6) + i, at32(BLOCK, i))) return false;
  }
  return true;
}

function rebuild(cls: usize): void {
  store<i32>(cls, 0, K_SCAN);
  clear(cls);
  if (!fill(cls)) {
    store<i32>(cls, 1, K_SCAN);
    clear(cls);
    fill(cls);
  }
  store<u32>(cls, load<u32>(HEADER + H_EPOCH), K_EPOCH);
  store<u32>(cls, load<u32>(HEADER + H_JOURNAL_HEAD), K_CURSOR);
}

function update(cls: usize, entry: i32): bool {
  const node = entry & (JOURNAL_STATIC - 1);
  const block = node >> 6;
  const place = field(cls, K_STATIC) + ((<usize>block) << 3);
  if (entry & JOURNAL_STATIC) store<u64>(place, staticWord(cls, block));
  leave(cls, node);
  if (((load<u64>(place) >> (node & 63)) & 1) == 0 || refusedHere(cls, node)) return true;
  return enter(cls, node, keyOf(cls, node));
}

/** How many changes cost as much as a rebuild, which takes 64 nodes at a time; the ring holds more. */
function changesMax(cls: usize): u32 {
  const slots = load<u32>(HEADER + H_SLOTS);
  return 16 + (field(cls, K_GROUP_OF) == 0 ? slots / 10 : slots >> 2);
}

/** Brings the class's cache up to the cluster as it stands. */
export function synchronize(cls: usize): void {
  const head = load<u32>(HEADER + H_JOURNAL_HEAD);
  let cursor = load<u32>(cls, K_CURSOR);
  const lag = head - cursor;
  if (lag == 0 && load<u32>(cls, K_EPOCH) == load<u32>(HEADER + H_EPOCH)) return;
  if (load<u32>(cls, K_EPOCH) != load<u32>(HEADER + H_EPOCH) || lag > changesMax(cls)) {
    rebuild(cls);
    return;
  }
  const ring = header(H_JOURNAL);
  const mask = load<u32>(HEADER + H_JOURNAL_MASK);
  for (; cursor != head; cursor++) {
    if (update(cls, at32(ring, <i32>(cursor & mask)))) continue;
    rebuild(cls);
    return;
  }
  store<u32>(cls, head, K_CURSOR);
}

/**
 * Takes nodes out that refuse the class only with the pods nominated to them, counted across nodes. The
 * journal puts them back, as what they answer changes with other nodes' pods.
 */
export function hideNominated(cls: usize): void {
  if (!load<i32>(cls, K_ACROSS)) return;
  const list = header(H_NOMINATED_SLOTS);
  const count = load<i32>(list);
  for (let i = 1; i <= count; i++) {
    const node = at32(list, i);
    if (at32(field(cls, K_KEYS), node) < 0 || firstNominated(node) == 0) continue;
    if (nominatedVerdict(cls, node) == 0) continue;
    leave(cls, node);
    journal(node);
  }
}

/** Groups whose best node went look it up again, in their block maxima. */
export function refreshBests(cls: usize): void {
  const count = load<i32>(cls, K_GROUP_COUNT);
  const blocks = load<i32>(HEADER + H_BLOCKS);
  for (let g = 0; g < count; g++) {
    const group = groupAt(cls, g);
    if (!load<i32>(group, G_DIRTY)) continue;
    const maxima = maximaOf(cls, g);
    let lanes = i32x4.splat(-1);
    for (let block = 0; block < blocks; block += 4) {
      lanes = i32x4.max_s(lanes, v128.load(maxima + ((<usize>block) << 2)));
    }
    store<i32>(group, greatestLane(lanes), G_BEST);
    store<i32>(group, 0, G_DIRTY);
  }
}

/** The node that holds the group's greatest key; the lowest slot of equals. */
export function bestNode(cls: usize, index: i32): i32 {
  const key = load<i32>(groupAt(cls, index), G_BEST);
  const maxima = maximaOf(cls, index);
  const keys = field(cls, K_KEYS);
  const blocks = load<i32>(HEADER + H_BLOCKS);
  for (let block = 0; block < blocks; block++) {
    if (at32(maxima, block) != key) continue;
    for (let node = block << 6, end = node + 64; node < end; node++) {
      if (at32(keys, node) == key && groupOf(cls, node) == index) return node;
    }
  }
  return -1;
}

/** One group for each node that passes the local filters, at `into`; returns how many. */
export function groupPerNode(cls: usize, into: usize): i32 {
  const slots = load<i32>(HEADER + H_SLOTS);
  const keys = field(cls, K_KEYS);
  const bytes = field(cls, K_GROUP_BYTES);
  let count = 0;
  for (let node = 0; node < slots; node++) {
    const key = at32(keys, node);
    if (key < 0) continue;
    const group = into + <usize>count * bytes;
    store<i32>(group, 1, G_NODES);
    store<i32>(group, key, G_BEST);
    store<u32>(group, 0, G_VERDICT);
    readFeatures(cls, node, group + G_FEATURES);
    count++;
  }
  return count;
}

/** The node of the n-th group that groupPerNode made. */
export function nodeOfGroup(cls: usize, index: i32): i32 {
  const keys = field(cls, K_KEYS);
  let left = index;
  for (let node = 0, slots = load<i32>(HEADER + H_SLOTS); node < slots; node++) {
    if (at32(keys, node) >= 0 && left-- == 0) return node;
  }
  return -1;
}
