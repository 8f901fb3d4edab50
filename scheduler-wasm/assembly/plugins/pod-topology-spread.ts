// PodTopologySpread: hard constraints refuse domains, soft ones score them. Counts are aggregates over
// eligible nodes; what a node adds is its feature (domain, or the count where a domain is one node).
import {
  A_COUNTS,
  A_DOMAINS,
  A_STAMPS,
  BARE,
  CONSTRAINT_BYTES,
  COUNTER,
  DOMAIN,
  G_FEATURES,
  G_NODES,
  G_SPREAD,
  G_VERDICT,
  H_LOGS,
  H_STAMP,
  HEADER,
  K_HARD_SPREAD,
  K_SOFT_NEEDS_KEYS,
  K_SOFT_SPREAD,
  MISSING,
  OPEN,
  T_AGGREGATE,
  T_FEATURE,
  T_KIND,
  T_MIN_DOMAINS,
  T_NUMBER,
  T_SELF,
  T_WEIGHT,
  V_SPREAD,
  V_SPREAD_LABEL,
  V_UNRESOLVABLE,
} from "../abi";
import { at32, at64, field, header, leastCount, put32 } from "../tables";

/** The count that a constraint sees from a node with these features; MISSING without the label. */
export function countOf(constraint: usize, features: usize): i32 {
  const feature = at32(features, load<i32>(constraint, T_FEATURE));
  const kind = load<i32>(constraint, T_KIND);
  if (feature == MISSING || (kind != DOMAIN && kind != OPEN)) return feature;
  // Nodes without the label count in the empty value's domain, which does not score them.
  if (kind == OPEN && (feature & BARE) != 0) return MISSING;
  return at32(field(field(constraint, T_AGGREGATE), A_COUNTS), feature);
}

export function verdict(cls: usize, features: usize): u32 {
  const list = field(cls, K_HARD_SPREAD);
  const count = load<i32>(list);
  let constraint = list + 4;
  for (let i = 0; i < count; i++) {
    const here = countOf(constraint, features);
    if (here == MISSING) return V_SPREAD_LABEL | V_UNRESOLVABLE;
    const aggregate = field(constraint, T_AGGREGATE);
    const few = load<i32>(aggregate, A_DOMAINS) < load<i32>(constraint, T_MIN_DOMAINS);
    const least = few ? 0 : leastCount(aggregate);
    const skew = here + load<i32>(constraint, T_SELF) - least;
    if (skew > load<i32>(constraint, T_NUMBER)) return V_SPREAD;
    constraint += CONSTRAINT_BYTES;
  }
  return 0;
}

function ignored(cls: usize, features: usize): bool {
  if (!load<i32>(cls, K_SOFT_NEEDS_KEYS)) return false;
  const list = field(cls, K_SOFT_SPREAD);
  const count = load<i32>(list);
  let constraint = list + 4;
  for (let i = 0; i < count; i++) {
    if (at32(features, load<i32>(constraint, T_FEATURE)) == MISSING) return true;
    constraint += CONSTRAINT_BYTES;
  }
  return false;
}

/** Distinct domains of one soft constraint among the feasible groups' nodes. */
function domainsAmong(cls: usize, constraint: usize, groups: usize, count: i32, bytes: usize): i32 {
  const kind = load<i32>(constraint, T_KIND);
  const index = load<i32>(constraint, T_FEATURE);
  const byDomain = kind == DOMAIN || kind == OPEN;
  const stamps = byDomain ? field(field(constraint, T_AGGREGATE), A_STAMPS) : 0;
  const stamp = load<i32>(HEADER + H_STAMP) + 1;
  store<i32>(HEADER + H_STAMP, stamp);
  let size = 0;
  let lacking = 0;
  for (let g = 0; g < count; g++) {
    const group = groups + <usize>g * bytes;
    const nodes = load<i32>(group, G_NODES);
    if (nodes == 0 || load<i32>(group, G_VERDICT) != 0 || ignored(cls, group + G_FEATURES))
      continue;
    const feature = at32(group + G_FEATURES, index);
    if (kind == COUNTER) size += nodes;
    else if (feature == MISSING) lacking = 1;
    else if (!byDomain) size += nodes;
    else {
      const domain = kind == OPEN ? feature & ~BARE : feature;
      if (at32(stamps, domain) == stamp) continue;
      put32(stamps, domain, stamp);
      size++;
    }
  }
  return size + lacking;
}

/** Raw scores of the feasible groups into G_SPREAD: MISSING for those not scored. */
export function rawScores(cls: usize, groups: usize, count: i32, bytes: usize): void {
  const list = field(cls, K_SOFT_SPREAD);
  const constraints = load<i32>(list);
  if (constraints == 0) return;
  let constraint = list + 4;
  for (let i = 0; i < constraints; i++) {
    const size = domainsAmong(cls, constraint, groups, count, bytes);
    store<f64>(constraint, at64(header(H_LOGS), size), T_WEIGHT);
    constraint += CONSTRAINT_BYTES;
  }
  for (let g = 0; g < count; g++) {
    const group = groups + <usize>g * bytes;
    if (load<i32>(group, G_NODES) == 0 || load<i32>(group, G_VERDICT) != 0) continue;
    store<i32>(group, rawScore(cls, group + G_FEATURES), G_SPREAD);
  }
}

/** Go's math.Round: halves away from zero; scores are never negative. */
function round(value: f64): i32 {
  return <i32>Math.floor(value + 0.5);
}

function rawScore(cls: usize, features: usize): i32 {
  if (ignored(cls, features)) return MISSING;
  const list = field(cls, K_SOFT_SPREAD);
  const count = load<i32>(list);
  let constraint = list + 4;
  let sum: f64 = 0;
  for (let i = 0; i < count; i++) {
    const here = countOf(constraint, features);
    if (here != MISSING) {
      sum +=
        <f64>here * load<f64>(constraint, T_WEIGHT) + <f64>(load<i32>(constraint, T_NUMBER) - 1);
    }
    constraint += CONSTRAINT_BYTES;
  }
  return round(sum);
}

/** A class without soft constraints skips the score. */
export function scores(cls: usize): bool {
  return load<i32>(field(cls, K_SOFT_SPREAD)) > 0;
}

export function score(raw: i32, least: i32, most: i32): i32 {
  if (raw == MISSING) return 0;
  return most == 0 ? 100 : (100 * (most + least - raw)) / most;
}
