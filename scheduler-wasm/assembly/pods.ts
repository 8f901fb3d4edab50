// The pods of each node, least important first, and the pods that are nominated to it: linked records that
// the host allocates. Preemption walks the former; pods of no higher priority have to heed the latter.
import {
  H_FIRST_NOMINATED,
  H_FIRST_POD,
  K_PRIORITY,
  KIND_EFFECTS,
  P_KIND,
  P_NEXT,
  P_PREVIOUS,
  P_PRIORITY,
  P_START,
  P_VOLUMES,
} from "./abi";
import {
  addToCounter,
  applyQuietly,
  at32,
  counterOn,
  field,
  header,
  positiveWord,
  put32,
} from "./tables";

export function effectsOf(pod: usize): usize {
  return field(field(pod, P_KIND), KIND_EFFECTS);
}

export function priorityOf(pod: usize): i32 {
  return load<i32>(pod, P_PRIORITY);
}

/** Upstream's importance: the higher priority, else the earlier start. */
function outranks(a: usize, b: usize): bool {
  if (priorityOf(a) != priorityOf(b)) return priorityOf(a) > priorityOf(b);
  return load<f64>(a, P_START) < load<f64>(b, P_START);
}

export function firstPod(node: i32): usize {
  return <usize>at32(header(H_FIRST_POD), node);
}

/** A newcomer is mostly the least important, so it mostly comes first. */
export function link(pod: usize, node: i32): void {
  let below: usize = 0;
  let above = firstPod(node);
  while (above != 0 && outranks(pod, above)) {
    below = above;
    above = field(above, P_NEXT);
  }
  store<u32>(pod, <u32>above, P_NEXT);
  store<u32>(pod, <u32>below, P_PREVIOUS);
  if (above != 0) store<u32>(above, <u32>pod, P_PREVIOUS);
  if (below == 0) put32(header(H_FIRST_POD), node, <i32>pod);
  else store<u32>(below, <u32>pod, P_NEXT);
}

export function unlink(pod: usize, node: i32): void {
  const above = field(pod, P_NEXT);
  const below = field(pod, P_PREVIOUS);
  if (above != 0) store<u32>(above, <u32>below, P_PREVIOUS);
  if (below == 0) put32(header(H_FIRST_POD), node, <i32>above);
  else store<u32>(below, <u32>above, P_NEXT);
}

export function firstNominated(node: i32): usize {
  return <usize>at32(header(H_FIRST_NOMINATED), node);
}

/** To which of 64 nodes pods are nominated. */
export function nominatedWord(block: i32): u64 {
  return positiveWord(header(H_FIRST_NOMINATED), block);
}

/** A volume that others of the node attach too is one for its driver, whose counter has just counted it once more. */
function shareVolumes(pod: usize, node: i32, sign: i32): void {
  const list = field(pod, P_VOLUMES);
  if (list == 0) return;
  for (let i = 0, pairs = load<i32>(list); i < pairs; i++) {
    const volume = at32(list, 1 + (i << 1));
    if (sign < 0) addToCounter(volume, node, -1);
    if (counterOn(volume, node) > 0) addToCounter(at32(list, 2 + (i << 1)), node, -sign);
    if (sign > 0) addToCounter(volume, node, 1);
  }
}

/** Puts on (sign 1) or takes off (-1) the nominated pods that the class has to heed; returns how many. */
export function applyNominated(cls: usize, node: i32, sign: i32): i32 {
  let heeded = 0;
  for (let pod = firstNominated(node); pod != 0; pod = field(pod, P_NEXT)) {
    if (priorityOf(pod) < load<i32>(cls, K_PRIORITY)) continue;
    applyQuietly(effectsOf(pod), node, sign);
    shareVolumes(pod, node, sign);
    heeded++;
  }
  return heeded;
}
