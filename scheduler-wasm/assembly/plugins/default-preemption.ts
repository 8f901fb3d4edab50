// DefaultPreemption: which node's pods of lower priority make room at least cost, over all nodes. What one
// node answers is kept in columns for the class that asked last, and asked anew only where pods changed.
import {
  H_BUDGET_COUNT,
  H_BUDGETS,
  H_BUDGETS_LEFT,
  H_EPOCH,
  H_JOURNAL,
  H_JOURNAL_HEAD,
  H_JOURNAL_MASK,
  H_P_CLASS,
  H_P_COUNT,
  H_P_CURSOR,
  H_P_EPOCH,
  H_P_GREATEST,
  H_P_START,
  H_P_SUM,
  H_P_VERDICTS,
  H_P_VIOLATIONS,
  H_SLOTS,
  H_VICTIM_COUNT,
  H_VICTIMS,
  HEADER,
  JOURNAL_STATIC,
  K_ACROSS,
  K_PRIORITY,
  KIND_BUDGETS,
  P_KIND,
  P_NEXT,
  P_PREVIOUS,
  P_START,
  P_VIOLATES,
  V_NO_VICTIMS,
  V_NOT_HELPFUL,
  V_UNRESOLVABLE,
} from "../abi";
import { effectsOf, firstPod, priorityOf } from "../pods";
import { applyQuietly, at32, at64, field, header, put32 } from "../tables";
import { verdictOf } from "../verdict";

function put64(column: usize, node: i32, value: f64): void {
  store<f64>(column + ((<usize>node) << 3), value);
}

/** Would evicting the pod break a budget that the more important ones of the node have left over? */
function violates(pod: usize): bool {
  const list = field(field(pod, P_KIND), KIND_BUDGETS);
  const count = list == 0 ? 0 : load<i32>(list);
  const left = header(H_BUDGETS_LEFT);
  for (let i = 1; i <= count; i++) {
    const budget = at32(list, i);
    const allowed = at32(left, budget) - 1;
    put32(left, budget, allowed);
    if (allowed < 0) return true;
  }
  return false;
}

/** The node's most important pod of lower priority, or 0. */
function greatestBelow(node: i32, priority: i32): usize {
  let found: usize = 0;
  let pod = firstPod(node);
  while (pod != 0 && priorityOf(pod) < priority) {
    found = pod;
    pod = field(pod, P_NEXT);
  }
  return found;
}

function addVictim(pod: usize, count: i32): void {
  put32(header(H_VICTIMS), count, <i32>pod);
}

/** Puts pods back, most important first, as long as the class still fits; the others are the victims. */
function reprieve(cls: usize, node: i32, top: usize, violating: i32, victims: i32): i32 {
  let count = victims;
  for (let pod = top; pod != 0; pod = field(pod, P_PREVIOUS)) {
    if (load<i32>(pod, P_VIOLATES) != violating) continue;
    applyQuietly(effectsOf(pod), node, 1);
    if (verdictOf(cls, node) == 0) continue;
    applyQuietly(effectsOf(pod), node, -1);
    addVictim(pod, count++);
  }
  return count;
}

function markViolations(top: usize): void {
  const budgets = load<i32>(HEADER + H_BUDGET_COUNT);
  memory.copy(header(H_BUDGETS_LEFT), header(H_BUDGETS), (<usize>budgets) << 2);
  for (let pod = top; pod != 0; pod = field(pod, P_PREVIOUS)) {
    store<i32>(pod, budgets > 0 && violates(pod) ? 1 : 0, P_VIOLATES);
  }
}

function noteCost(node: i32, violations: i32, count: i32): void {
  const victims = header(H_VICTIMS);
  let greatest = i32.MIN_VALUE;
  let sum: f64 = 0;
  let start = Infinity;
  for (let i = 0; i < count; i++) {
    const pod = <usize>at32(victims, i);
    const priority = priorityOf(pod);
    const began = load<f64>(pod, P_START);
    sum += <f64>priority + 2147483648;
    if (priority > greatest || (priority == greatest && began < start)) start = began;
    greatest = max<i32>(greatest, priority);
  }
  put32(header(H_P_VIOLATIONS), node, violations);
  put32(header(H_P_GREATEST), node, greatest);
  put64(header(H_P_SUM), node, sum);
  put32(header(H_P_COUNT), node, count);
  put64(header(H_P_START), node, start);
}

/** Finds the node's victims into H_VICTIMS and their cost into the columns; returns how many they are. */
function tryOut(cls: usize, node: i32): i32 {
  const verdicts = header(H_P_VERDICTS);
  const verdict = verdictOf(cls, node);
  if (verdict & V_UNRESOLVABLE || verdict == 0) {
    put32(verdicts, node, V_NOT_HELPFUL);
    return 0;
  }
  const top = greatestBelow(node, load<i32>(cls, K_PRIORITY));
  if (top == 0) {
    put32(verdicts, node, V_NO_VICTIMS);
    return 0;
  }
  for (let pod = top; pod != 0; pod = field(pod, P_PREVIOUS)) {
    applyQuietly(effectsOf(pod), node, -1);
  }
  const without = verdictOf(cls, node);
  put32(verdicts, node, without);
  let count = 0;
  if (without != 0) {
    for (let pod = top; pod != 0; pod = field(pod, P_PREVIOUS)) {
      applyQuietly(effectsOf(pod), node, 1);
    }
    return 0;
  }
  markViolations(top);
  const violations = reprieve(cls, node, top, 1, 0);
  count = reprieve(cls, node, top, 0, violations);
  const victims = header(H_VICTIMS);
  for (let i = 0; i < count; i++) applyQuietly(effectsOf(<usize>at32(victims, i)), node, 1);
  noteCost(node, violations, count);
  return count;
}

/** Brings the columns up to the cluster as it stands. */
function refresh(cls: usize): void {
  const head = load<u32>(HEADER + H_JOURNAL_HEAD);
  const slots = load<i32>(HEADER + H_SLOTS);
  const lag = head - load<u32>(HEADER + H_P_CURSOR);
  const known =
    load<u32>(HEADER + H_P_CLASS) == <u32>cls &&
    load<u32>(HEADER + H_P_EPOCH) == load<u32>(HEADER + H_EPOCH) &&
    !load<i32>(cls, K_ACROSS) &&
    lag <= <u32>((slots >> 2) + 16);
  if (!known) {
    for (let node = 0; node < slots; node++) tryOut(cls, node);
  } else {
    const mask = load<u32>(HEADER + H_JOURNAL_MASK);
    for (let cursor = head - lag; cursor != head; cursor++) {
      tryOut(cls, at32(header(H_JOURNAL), <i32>(cursor & mask)) & (JOURNAL_STATIC - 1));
    }
  }
  store<u32>(HEADER + H_P_CLASS, <u32>cls);
  store<u32>(HEADER + H_P_EPOCH, load<u32>(HEADER + H_EPOCH));
  store<u32>(HEADER + H_P_CURSOR, head);
}

function isCandidate(node: i32): bool {
  return at32(header(H_P_VERDICTS), node) == 0 && at32(header(H_P_COUNT), node) > 0;
}

/** Upstream's order: violations, greatest priority, sum of priorities, victims, latest start. */
function cheaper(a: i32, b: i32): bool {
  const violations = at32(header(H_P_VIOLATIONS), a) - at32(header(H_P_VIOLATIONS), b);
  if (violations != 0) return violations < 0;
  const greatest = header(H_P_GREATEST);
  if (at32(greatest, a) != at32(greatest, b)) return at32(greatest, a) < at32(greatest, b);
  const sum = header(H_P_SUM);
  if (at64(sum, a) != at64(sum, b)) return at64(sum, a) < at64(sum, b);
  const count = header(H_P_COUNT);
  if (at32(count, a) != at32(count, b)) return at32(count, a) < at32(count, b);
  return at64(header(H_P_START), a) > at64(header(H_P_START), b);
}

export function preempt(cls: usize, pin: i32): i32 {
  const slots = load<i32>(HEADER + H_SLOTS);
  store<i32>(HEADER + H_VICTIM_COUNT, 0);
  let best = -1;
  if (pin >= 0) {
    store<u32>(HEADER + H_P_CLASS, 0);
    if (pin >= slots) return -1;
    tryOut(cls, pin);
    if (isCandidate(pin)) best = pin;
  } else {
    refresh(cls);
    for (let node = 0; node < slots; node++) {
      if (isCandidate(node) && (best < 0 || cheaper(node, best))) best = node;
    }
  }
  if (best >= 0) store<i32>(HEADER + H_VICTIM_COUNT, tryOut(cls, best));
  return best;
}
