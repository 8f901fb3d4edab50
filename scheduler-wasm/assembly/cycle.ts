// The order of the plugins, in the three forms that they take: 64 nodes at a time (what only a node's
// change alters), one node (what its pods alter), one group (what pods on other nodes alter).
import {
  G_ATTRACTION,
  G_BEST,
  G_FEATURES,
  G_NODES,
  G_SPREAD,
  G_VERDICT,
  H_ALIVE,
  H_FEASIBLE,
  H_PODS,
  H_SEED,
  HEADER,
  K_PREFERRED_FEATURE,
  K_TAINT_FEATURE,
  K_WEIGHTS,
  MISSING,
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
import * as nodeQuestions from "./node-questions";
import * as dynamicResources from "./plugins/dynamic-resources";
import * as imageLocality from "./plugins/image-locality";
import * as interPodAffinity from "./plugins/inter-pod-affinity";
import * as nodeAffinity from "./plugins/node-affinity";
import * as nodeName from "./plugins/node-name";
import * as nodePorts from "./plugins/node-ports";
import * as balancedAllocation from "./plugins/node-resources-balanced-allocation";
import * as nodeResourcesFit from "./plugins/node-resources-fit";
import * as nodeUnschedulable from "./plugins/node-unschedulable";
import * as nodeVolumeLimits from "./plugins/node-volume-limits";
import * as podTopologySpread from "./plugins/pod-topology-spread";
import * as taintToleration from "./plugins/taint-toleration";
import * as volumeBinding from "./plugins/volume-binding";
import * as volumeRestrictions from "./plugins/volume-restrictions";
import * as volumeZone from "./plugins/volume-zone";
import { applyNominated, firstNominated, nominatedWord } from "./pods";
import { at32, header, put32, rowWord } from "./tables";

/** Which of 64 nodes pass the filters that only a change of the node alters. */
export function staticWord(cls: usize, block: i32): u64 {
  const refused =
    nodeUnschedulable.filter(cls, block) |
    nodeName.filter(cls, block) |
    taintToleration.filter(cls, block) |
    nodeAffinity.filter(cls, block) |
    nodeAffinity.addedFilter(cls, block) |
    volumeBinding.filter(cls, block) |
    volumeZone.filter(cls, block) |
    nodeQuestions.filter(cls, block);
  return rowWord(header(H_ALIVE), block) & ~refused;
}

function refusedNow(cls: usize, node: i32): bool {
  return (
    nodeResourcesFit.refuses(cls, node) ||
    nodePorts.refuses(cls, node) ||
    volumeRestrictions.refuses(cls, node) ||
    nodeVolumeLimits.refuses(cls, node) ||
    interPodAffinity.refuses(cls, node)
  );
}

/** Which of 64 nodes `refusedNow` names. */
function refusedWord(cls: usize, block: i32): u64 {
  return (
    nodeResourcesFit.filter(cls, block) |
    nodePorts.filter(cls, block) |
    volumeRestrictions.filter(cls, block) |
    nodeVolumeLimits.filter(cls, block) |
    interPodAffinity.filter(cls, block)
  );
}

/** Which of the nodes of `pass` (64 of a block) `refusedHere` does not name. */
export function passHere(cls: usize, block: i32, pass: u64): u64 {
  let left = pass & ~refusedWord(cls, block);
  for (let word = left & nominatedWord(block); word != 0; word &= word - 1) {
    const i = <i32>ctz<u64>(word);
    if (refusedHere(cls, (block << 6) + i)) left &= ~((<u64>1) << i);
  }
  return left;
}

/** Filters that the node's own pods alter, and those nominated to it. */
export function refusedHere(cls: usize, node: i32): bool {
  if (refusedNow(cls, node)) return true;
  if (firstNominated(node) == 0 || applyNominated(cls, node, 1) == 0) return false;
  const refused = refusedNow(cls, node);
  applyNominated(cls, node, -1);
  return refused;
}

function weightOf(cls: usize, column: i32): i32 {
  return load<i32>(cls + K_WEIGHTS + ((<usize>column) << 2));
}

export function fitScore(cls: usize, node: i32): i32 {
  return weightOf(cls, S_NODE_RESOURCES_FIT) * nodeResourcesFit.score(cls, node);
}

export function balanceScore(cls: usize, node: i32): i32 {
  return weightOf(cls, S_BALANCED_ALLOCATION) * balancedAllocation.score(cls, node);
}

export function imageScore(cls: usize, node: i32): i32 {
  return weightOf(cls, S_IMAGE_LOCALITY) * imageLocality.score(cls, node);
}

export function volumeScore(cls: usize, node: i32): i32 {
  return weightOf(cls, S_VOLUME_BINDING) * volumeBinding.score(cls, node);
}

export function deviceScore(cls: usize, node: i32): i32 {
  return weightOf(cls, S_DYNAMIC_RESOURCES) * dynamicResources.score(cls, node);
}

/** What few classes score. */
function rareScore(cls: usize, node: i32): i32 {
  return imageScore(cls, node) + volumeScore(cls, node) + deviceScore(cls, node);
}

/** All that is scored node by node. */
function localScore(cls: usize, node: i32): i32 {
  return fitScore(cls, node) + balanceScore(cls, node) + rareScore(cls, node);
}

/** Score above, a hash below that parts equals; it moves with the node's pods, so that ties rotate. */
export function keyOf(cls: usize, node: i32): i32 {
  let hash = <u32>node * 0x9e3779b1;
  hash ^= <u32>at32(header(H_PODS), node) * 0x85ebca6b + load<u32>(HEADER + H_SEED);
  hash = (hash ^ (hash >> 15)) * 0x2c1b3c6d;
  hash = (hash ^ (hash >> 12)) * 0x297a2d39;
  return (localScore(cls, node) << 16) | <i32>(hash >> 16);
}

/** `keyOf` of 64 nodes into numbers at `into`, -1 for those outside `pass`; returns the greatest. */
export function keysOfBlock(cls: usize, block: i32, pass: u64, into: usize): i32 {
  memory.fill(into, 0, 256);
  const fit = weightOf(cls, S_NODE_RESOURCES_FIT);
  const balanced = weightOf(cls, S_BALANCED_ALLOCATION);
  if (fit != 0) nodeResourcesFit.addScores(cls, block, pass, fit, into);
  if (balanced != 0) balancedAllocation.addScores(cls, block, pass, balanced, into);
  if (imageLocality.scores(cls) || volumeBinding.scores(cls) || dynamicResources.scores(cls)) {
    for (let word = pass; word != 0; word &= word - 1) {
      const i = <i32>ctz<u64>(word);
      put32(into, i, at32(into, i) + rareScore(cls, (block << 6) + i));
    }
  }
  const pods = header(H_PODS) + ((<usize>block) << 8);
  const seed = i32x4.splat(load<i32>(HEADER + H_SEED));
  const bits = i32x4(1, 2, 4, 8);
  let nodes = i32x4.add(i32x4.splat(block << 6), i32x4(0, 1, 2, 3));
  let most = i32x4.splat(-1);
  for (let i = 0; i < 16; i++) {
    const at = (<usize>i) << 4;
    let hash = i32x4.mul(nodes, i32x4.splat(0x9e3779b1));
    const mixed = i32x4.mul(v128.load(pods + at), i32x4.splat(0x85ebca6b));
    hash = v128.xor(hash, i32x4.add(mixed, seed));
    hash = i32x4.mul(v128.xor(hash, i32x4.shr_u(hash, 15)), i32x4.splat(0x2c1b3c6d));
    hash = i32x4.mul(v128.xor(hash, i32x4.shr_u(hash, 12)), i32x4.splat(0x297a2d39));
    const key = v128.or(i32x4.shl(v128.load(into + at), 16), i32x4.shr_u(hash, 16));
    const passes = v128.and(i32x4.splat(<i32>(pass >> (i << 2)) & 15), bits);
    const found = v128.or(key, i32x4.eq(passes, i32x4.splat(0)));
    v128.store(into + at, found);
    most = i32x4.max_s(most, found);
    nodes = i32x4.add(nodes, i32x4.splat(4));
  }
  return greatestLane(most);
}

export function greatestLane(lanes: v128): i32 {
  const left = max<i32>(i32x4.extract_lane(lanes, 0), i32x4.extract_lane(lanes, 1));
  const right = max<i32>(i32x4.extract_lane(lanes, 2), i32x4.extract_lane(lanes, 3));
  return max<i32>(left, right);
}

// What the normalizations need to know of the feasible groups.
let mostTaints: i32 = 0;
let mostPreferred: i32 = 0;
let leastSpread: i32 = 0;
let mostSpread: i32 = 0;
let leastAttraction: i32 = 0;
let mostAttraction: i32 = 0;

function featureOr0(group: usize, index: i32): i32 {
  return index < 0 ? 0 : at32(group + G_FEATURES, index);
}

function filterGroups(cls: usize, groups: usize, count: i32, bytes: usize): i32 {
  let feasible = 0;
  mostTaints = 0;
  mostPreferred = 0;
  if (volumeRestrictions.excluded(cls)) return 0;
  const taints = load<i32>(cls, K_TAINT_FEATURE);
  const preferred = load<i32>(cls, K_PREFERRED_FEATURE);
  for (let g = 0; g < count; g++) {
    const group = groups + <usize>g * bytes;
    const nodes = load<i32>(group, G_NODES);
    if (nodes == 0) continue;
    let verdict = podTopologySpread.verdict(cls, group + G_FEATURES);
    if (verdict == 0) verdict = interPodAffinity.verdict(cls, group + G_FEATURES);
    store<u32>(group, verdict, G_VERDICT);
    if (verdict != 0) continue;
    feasible += nodes;
    mostTaints = max<i32>(mostTaints, featureOr0(group, taints));
    mostPreferred = max<i32>(mostPreferred, featureOr0(group, preferred));
  }
  return feasible;
}

function boundScores(cls: usize, groups: usize, count: i32, bytes: usize): void {
  leastSpread = i32.MAX_VALUE;
  mostSpread = 0;
  leastAttraction = i32.MAX_VALUE;
  mostAttraction = i32.MIN_VALUE;
  podTopologySpread.rawScores(cls, groups, count, bytes);
  for (let g = 0; g < count; g++) {
    const group = groups + <usize>g * bytes;
    if (load<i32>(group, G_NODES) == 0 || load<u32>(group, G_VERDICT) != 0) continue;
    const spread = load<i32>(group, G_SPREAD);
    if (spread != MISSING) {
      leastSpread = min<i32>(leastSpread, spread);
      mostSpread = max<i32>(mostSpread, spread);
    }
    const attraction = interPodAffinity.raw(cls, group + G_FEATURES);
    store<i32>(group, attraction, G_ATTRACTION);
    leastAttraction = min<i32>(leastAttraction, attraction);
    mostAttraction = max<i32>(mostAttraction, attraction);
  }
}

export function taintScore(cls: usize, group: usize): i32 {
  const taints = featureOr0(group, load<i32>(cls, K_TAINT_FEATURE));
  return weightOf(cls, S_TAINT_TOLERATION) * taintToleration.score(taints, mostTaints);
}

export function affinityScore(cls: usize, group: usize): i32 {
  const preferred = featureOr0(group, load<i32>(cls, K_PREFERRED_FEATURE));
  return weightOf(cls, S_NODE_AFFINITY) * nodeAffinity.score(preferred, mostPreferred);
}

export function spreadScore(cls: usize, group: usize): i32 {
  if (!podTopologySpread.scores(cls)) return 0;
  const spread = podTopologySpread.score(load<i32>(group, G_SPREAD), leastSpread, mostSpread);
  return weightOf(cls, S_POD_TOPOLOGY_SPREAD) * spread;
}

export function attractionScore(cls: usize, group: usize): i32 {
  const sum = load<i32>(group, G_ATTRACTION);
  return (
    weightOf(cls, S_INTER_POD_AFFINITY) *
    interPodAffinity.score(sum, leastAttraction, mostAttraction)
  );
}

/**
 * Filters and scores groups of nodes (each alike in all but its local key) and returns the index of the one
 * that holds the best node of all, or -1. G_BEST must be right for every group that has nodes.
 */
export function weigh(cls: usize, groups: usize, count: i32, bytes: usize): i32 {
  const feasible = filterGroups(cls, groups, count, bytes);
  store<i32>(HEADER + H_FEASIBLE, feasible);
  if (feasible == 0) return -1;
  boundScores(cls, groups, count, bytes);
  let best = -1;
  let bestKey = i32.MIN_VALUE;
  for (let g = 0; g < count; g++) {
    const group = groups + <usize>g * bytes;
    if (load<i32>(group, G_NODES) == 0 || load<u32>(group, G_VERDICT) != 0) continue;
    const across =
      taintScore(cls, group) +
      affinityScore(cls, group) +
      spreadScore(cls, group) +
      attractionScore(cls, group);
    const key = (across << 16) + load<i32>(group, G_BEST);
    if (key <= bestKey) continue;
    bestKey = key;
    best = g;
  }
  return best;
}
