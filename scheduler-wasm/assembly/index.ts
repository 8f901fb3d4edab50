// The module's door. The host writes the arena and calls; nothing is allocated here, nothing is imported.
import {
  ABI_VERSION,
  H_FEASIBLE,
  H_JOURNAL_HEAD,
  H_SCORES,
  H_SCORES_STRIDE,
  H_SCRATCH,
  H_SLOTS,
  H_VERDICTS,
  HEADER,
  JOURNAL_STATIC,
  K_EFFECTS,
  K_GROUP_BYTES,
  K_GROUP_COUNT,
  K_GROUPS,
  K_KEYS,
  K_SCAN,
  S_BALANCED_ALLOCATION,
  S_DYNAMIC_RESOURCES,
  S_IMAGE_LOCALITY,
  S_INTER_POD_AFFINITY,
  S_NODE_AFFINITY,
  S_NODE_RESOURCES_FIT,
  S_POD_TOPOLOGY_SPREAD,
  S_TAINT_TOLERATION,
  S_VOLUME_BINDING,
} from "./abi";
import {
  affinityScore,
  attractionScore,
  balanceScore,
  deviceScore,
  fitScore,
  imageScore,
  spreadScore,
  taintScore,
  volumeScore,
  weigh,
} from "./cycle";
import {
  bestNode,
  groupPerNode,
  hideNominated,
  nodeOfGroup,
  refreshBests,
  synchronize,
} from "./groups";
import * as defaultPreemption from "./plugins/default-preemption";
import { link, unlink } from "./pods";
import { sample as sampleNodes } from "./sample";
import {
  addToCounter,
  applyEffects,
  at32,
  attachNode,
  detachNode,
  field,
  header,
  journal,
  put32,
  sumAggregate,
} from "./tables";
import { verdictOf } from "./verdict";

export function version(): i32 {
  return ABI_VERSION;
}

/** Is it a slot at all? What the host got wrong must not write beside the columns. */
function isSlot(node: i32): bool {
  return <u32>node < load<u32>(HEADER + H_SLOTS);
}

/** The one node that the pod may go to, if it takes it. */
function decidePinned(cls: usize, node: i32): i32 {
  if (!isSlot(node)) return -1;
  const fits = verdictOf(cls, node) == 0;
  store<i32>(HEADER + H_FEASIBLE, fits ? 1 : 0);
  return fits ? node : -1;
}

function decide(cls: usize, pin: i32): i32 {
  if (pin >= 0) return decidePinned(cls, pin);
  synchronize(cls);
  hideNominated(cls);
  const bytes = field(cls, K_GROUP_BYTES);
  if (load<i32>(cls, K_SCAN)) {
    const count = groupPerNode(cls, header(H_SCRATCH));
    const best = weigh(cls, header(H_SCRATCH), count, bytes);
    return best < 0 ? -1 : nodeOfGroup(cls, best);
  }
  refreshBests(cls);
  const best = weigh(cls, field(cls, K_GROUPS), load<i32>(cls, K_GROUP_COUNT), bytes);
  return best < 0 ? -1 : bestNode(cls, best);
}

/**
 * Places pods one after the other, each seeing those before it. `batch` holds pairs: class address and
 * the only slot allowed (-1: any); `nodes` receives slots. Stops at the first pod that fits nowhere (its entry is -1) and returns its index,
 * so that the host can ask why while the cluster stands as the pod saw it; otherwise returns `count`.
 */
export function schedule(batch: usize, nodes: usize, count: i32): i32 {
  for (let i = 0; i < count; i++) {
    const cls = <usize>at32(batch, i << 1);
    const node = decide(cls, at32(batch, (i << 1) + 1));
    put32(nodes, i, node);
    if (node < 0) return i;
    applyEffects(field(cls, K_EFFECTS), node, 1);
  }
  return count;
}

/** Where the class would go now, without placing it. */
export function choose(cls: usize, pin: i32): i32 {
  return decide(cls, pin);
}

/** Nodes that fit, in the order given, until `wanted` are found, with their scores; see sample.ts. */
export function sample(cls: usize, order: usize, from: i32, wanted: i32, found: usize): i32 {
  return sampleNodes(cls, order, from, wanted, found);
}

/** A pod placed or removed by others: `sign` 1 or -1. */
export function apply(effects: usize, node: i32, sign: i32): void {
  if (isSlot(node)) applyEffects(effects, node, sign);
}

/** A count that changes by itself (a pod's labels, or its deletion under way). */
export function count(counter: i32, node: i32, delta: i32): void {
  if (!isSlot(node)) return;
  addToCounter(counter, node, delta);
  journal(node);
}

/** Call before and after the host rewrites a node's sets and domains. */
export function beforeNode(node: i32): void {
  if (isSlot(node)) detachNode(node);
}

export function afterNode(node: i32): void {
  if (!isSlot(node)) return;
  attachNode(node);
  journal(node | JOURNAL_STATIC);
}

/** Sums up a new aggregate; its record is linked, its tables are zero. */
export function aggregate(record: usize): void {
  sumAggregate(record);
}

/** How many nodes changed since the beginning, mod 2^32: equal means that nothing did. */
export function changes(): u32 {
  return load<u32>(HEADER + H_JOURNAL_HEAD);
}

function putScore(column: i32, node: i32, value: i32): void {
  const stride = <usize>load<i32>(HEADER + H_SCORES_STRIDE);
  put32(header(H_SCORES) + <usize>column * stride, node, value);
}

/** Every node's verdict into H_VERDICTS and, of the feasible ones, every score into H_SCORES. */
export function explain(cls: usize): void {
  synchronize(cls);
  hideNominated(cls);
  const slots = load<i32>(HEADER + H_SLOTS);
  const verdicts = header(H_VERDICTS);
  for (let node = 0; node < slots; node++) put32(verdicts, node, verdictOf(cls, node));
  const bytes = field(cls, K_GROUP_BYTES);
  const groups = header(H_SCRATCH);
  const count = groupPerNode(cls, groups);
  weigh(cls, groups, count, bytes);
  const keys = field(cls, K_KEYS);
  let group = groups;
  for (let node = 0; node < slots; node++) {
    if (at32(keys, node) < 0) continue;
    if (at32(verdicts, node) == 0) {
      putScore(S_TAINT_TOLERATION, node, taintScore(cls, group));
      putScore(S_NODE_AFFINITY, node, affinityScore(cls, group));
      putScore(S_NODE_RESOURCES_FIT, node, fitScore(cls, node));
      putScore(S_POD_TOPOLOGY_SPREAD, node, spreadScore(cls, group));
      putScore(S_INTER_POD_AFFINITY, node, attractionScore(cls, group));
      putScore(S_BALANCED_ALLOCATION, node, balanceScore(cls, node));
      putScore(S_IMAGE_LOCALITY, node, imageScore(cls, node));
      putScore(S_VOLUME_BINDING, node, volumeScore(cls, node));
      putScore(S_DYNAMIC_RESOURCES, node, deviceScore(cls, node));
    }
    group += bytes;
  }
}

/** A pod's record joins those of its node (`sign` 1) or leaves them (-1); its effects are applied by others. */
export function place(pod: usize, node: i32, sign: i32): void {
  if (!isSlot(node)) return;
  if (sign > 0) link(pod, node);
  else unlink(pod, node);
}

/** The pods nominated to the node, or what they ask, changed. */
export function nominated(node: i32): void {
  if (isSlot(node)) journal(node);
}

/**
 * The node whose pods of lower priority make room for the class at least cost, or -1; H_VICTIMS holds who
 * has to go. `pin`: the only slot asked, or -1. H_P_VERDICTS says of every node why not.
 */
export function preempt(cls: usize, pin: i32): i32 {
  return defaultPreemption.preempt(cls, pin);
}
