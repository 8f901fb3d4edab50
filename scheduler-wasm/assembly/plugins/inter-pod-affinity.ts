// InterPodAffinity: own required terms and those of placed pods refuse; preferred terms of both sides,
// and placed pods' required affinity, attract. All are counts by domain.
import {
  A_TOTAL,
  CONSTRAINT_BYTES,
  K_AFFINITY,
  K_AFFINITY_SELF,
  K_ANTI_AFFINITY,
  K_ATTRACTION_FEATURE,
  K_ATTRACTIONS,
  K_EXISTING_ANTI,
  LOCAL,
  MISSING,
  T_AGGREGATE,
  T_FEATURE,
  T_KIND,
  T_NUMBER,
  V_AFFINITY,
  V_ANTI_AFFINITY,
  V_EXISTING_ANTI,
  V_UNRESOLVABLE,
} from "../abi";
import { at32, countedWord, counterOn, domainOf, domainWord, field } from "../tables";
import { countOf } from "./pod-topology-spread";

/** What a term that is settled node by node counts: its domain is the node. */
function countHere(term: usize, node: i32): i32 {
  if (domainOf(load<i32>(term, T_FEATURE), node) < 0) return 0;
  return counterOn(load<i32>(term, T_AGGREGATE), node);
}

/** Does a term that is settled node by node (each domain one node) find a pod here? */
function foundHere(list: usize, node: i32): bool {
  const count = load<i32>(list);
  let term = list + 4;
  for (let i = 0; i < count; i++) {
    if (load<i32>(term, T_KIND) == LOCAL && countHere(term, node) > 0) return true;
    term += CONSTRAINT_BYTES;
  }
  return false;
}

export function refuses(cls: usize, node: i32): bool {
  return (
    foundHere(field(cls, K_ANTI_AFFINITY), node) || foundHere(field(cls, K_EXISTING_ANTI), node)
  );
}

function foundWord(list: usize, block: i32): u64 {
  const count = load<i32>(list);
  let term = list + 4;
  let word: u64 = 0;
  for (let i = 0; i < count; i++) {
    if (load<i32>(term, T_KIND) == LOCAL) {
      const counted = countedWord(load<i32>(term, T_AGGREGATE), block);
      if (counted != 0) word |= counted & domainWord(load<i32>(term, T_FEATURE), block);
    }
    term += CONSTRAINT_BYTES;
  }
  return word;
}

/** Which of 64 nodes refuse the class for terms that are settled node by node. */
export function filter(cls: usize, block: i32): u64 {
  return (
    foundWord(field(cls, K_ANTI_AFFINITY), block) | foundWord(field(cls, K_EXISTING_ANTI), block)
  );
}

function found(list: usize, features: usize): bool {
  const count = load<i32>(list);
  let term = list + 4;
  for (let i = 0; i < count; i++) {
    // MISSING is negative: a node without the label is in no domain.
    if (load<i32>(term, T_KIND) != LOCAL && countOf(term, features) > 0) return true;
    term += CONSTRAINT_BYTES;
  }
  return false;
}

function affinityHolds(cls: usize, features: usize): bool {
  const list = field(cls, K_AFFINITY);
  const count = load<i32>(list);
  let term = list + 4;
  let near = true;
  let anywhere = false;
  for (let i = 0; i < count; i++) {
    const here = countOf(term, features);
    if (here == MISSING) return false;
    if (here == 0) near = false;
    if (load<i32>(field(term, T_AGGREGATE), A_TOTAL) > 0) anywhere = true;
    term += CONSTRAINT_BYTES;
  }
  // The first of a series that wants its own kind near may start anywhere.
  return near || (!anywhere && load<i32>(cls, K_AFFINITY_SELF) != 0);
}

/** Of terms whose domains hold many nodes. */
export function verdict(cls: usize, features: usize): u32 {
  if (!affinityHolds(cls, features)) return V_AFFINITY | V_UNRESOLVABLE;
  if (found(field(cls, K_ANTI_AFFINITY), features)) return V_ANTI_AFFINITY;
  return found(field(cls, K_EXISTING_ANTI), features) ? V_EXISTING_ANTI : 0;
}

/** Of all terms, in upstream's order. */
export function nodeVerdict(cls: usize, node: i32, features: usize): u32 {
  if (!affinityHolds(cls, features)) return V_AFFINITY | V_UNRESOLVABLE;
  const own = field(cls, K_ANTI_AFFINITY);
  if (found(own, features) || foundHere(own, node)) return V_ANTI_AFFINITY;
  const existing = field(cls, K_EXISTING_ANTI);
  return found(existing, features) || foundHere(existing, node) ? V_EXISTING_ANTI : 0;
}

/** The feature that sums up attractions settled node by node. */
export function localAttraction(cls: usize, node: i32): i32 {
  const list = field(cls, K_ATTRACTIONS);
  const count = load<i32>(list);
  let term = list + 4;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    if (load<i32>(term, T_KIND) == LOCAL) {
      sum += load<i32>(term, T_NUMBER) * countHere(term, node);
    }
    term += CONSTRAINT_BYTES;
  }
  return sum;
}

export function raw(cls: usize, features: usize): i32 {
  const local = load<i32>(cls, K_ATTRACTION_FEATURE);
  let sum = local < 0 ? 0 : at32(features, local);
  const list = field(cls, K_ATTRACTIONS);
  const count = load<i32>(list);
  let term = list + 4;
  for (let i = 0; i < count; i++) {
    if (load<i32>(term, T_KIND) != LOCAL) {
      const here = countOf(term, features);
      if (here != MISSING) sum += load<i32>(term, T_NUMBER) * here;
    }
    term += CONSTRAINT_BYTES;
  }
  return sum;
}

export function score(sum: i32, least: i32, most: i32): i32 {
  if (most == least) return 0;
  return <i32>(100 * (<f64>(sum - least) / <f64>(most - least)));
}
