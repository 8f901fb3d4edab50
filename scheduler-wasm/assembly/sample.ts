// The `parity` mode: nodes are looked at in an order that the host gives, from a place on, until enough fit; only
// those are scored. What a score is normalized over is then that sample.
import { G_BEST, G_FEATURES, G_NODES, G_VERDICT, H_SCRATCH, K_GROUP_BYTES, K_KEYS } from "./abi";
import { affinityScore, attractionScore, spreadScore, taintScore, weigh } from "./cycle";
import { readFeatures } from "./features";
import { hideNominated, synchronize } from "./groups";
import { at32, field, header, put32 } from "./tables";
import { verdictOf } from "./verdict";

/** Upstream looks on until one more than wanted fits: those that refuse before it count as looked at. */
function walk(cls: usize, order: usize, from: i32, wanted: i32, found: usize): i32 {
  const count = load<i32>(order);
  let fits = 0;
  let refused = 0;
  for (let i = 0; i < count; i++) {
    const node = at32(order, 1 + ((from + i) % count));
    if (verdictOf(cls, node) != 0) {
      refused++;
      continue;
    }
    if (fits == wanted) break;
    put32(found, 1 + (fits << 1), node);
    fits++;
  }
  put32(found, 0, fits);
  return fits + refused;
}

function score(cls: usize, found: usize): void {
  synchronize(cls);
  hideNominated(cls);
  const count = load<i32>(found);
  const bytes = field(cls, K_GROUP_BYTES);
  const groups = header(H_SCRATCH);
  const keys = field(cls, K_KEYS);
  for (let i = 0; i < count; i++) {
    const group = groups + <usize>i * bytes;
    const node = at32(found, 1 + (i << 1));
    store<i32>(group, 1, G_NODES);
    store<i32>(group, at32(keys, node), G_BEST);
    store<u32>(group, 0, G_VERDICT);
    readFeatures(cls, node, group + G_FEATURES);
  }
  weigh(cls, groups, count, bytes);
  for (let i = 0; i < count; i++) {
    const group = groups + <usize>i * bytes;
    const across =
      taintScore(cls, group) +
      affinityScore(cls, group) +
      spreadScore(cls, group) +
      attractionScore(cls, group);
    put32(found, 2 + (i << 1), across + (load<i32>(group, G_BEST) >> 16));
  }
}

/**
 * `order`: count, slots. `found` receives: count, then slot and total score of each of the at most `wanted` nodes
 * that fit, in that order (a single one is not scored). Returns how many nodes were looked at.
 */
export function sample(cls: usize, order: usize, from: i32, wanted: i32, found: usize): i32 {
  const looked = walk(cls, order, from, wanted, found);
  if (load<i32>(found) > 1) score(cls, found);
  return looked;
}
