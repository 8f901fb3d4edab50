/**
 * Preemption on nodes at their limit of volumes where pods share them: whom the module takes away takes its volumes
 * along, also those that others keep. Here pods really leave the node's books and come back, which count every
 * volume once. Rare, so it may cost; the module's columns are told what was found.
 */
import {
  H_P_CLASS,
  H_P_COUNT,
  H_P_GREATEST,
  H_P_START,
  H_P_SUM,
  H_P_VERDICTS,
  H_P_VIOLATIONS,
  H_VERDICTS,
  HEADER,
  K_PRIORITY,
  P_VIOLATES,
  V_NO_VICTIMS,
  V_NOT_HELPFUL,
} from "#gen/scheduler-abi.ts";
import type { AttachedVolumes } from "./attached-volumes.ts";
import type { Encoded } from "./cache.ts";
import type { Core } from "./core.ts";
import type { NodeTable } from "./node-table.ts";
import type { Nominations } from "./nominations.ts";
import type { PlacedPod, PlacedPods } from "./placed-pods.ts";

interface Parts {
  readonly core: Core;
  readonly nodes: NodeTable;
  readonly pods: PlacedPods;
  readonly attached: AttachedVolumes;
  readonly nominations: Nominations;
}

export interface SharedRoom {
  readonly slot: number;
  /** undefined: the module knows them. */
  readonly victims: readonly PlacedPod[] | undefined;
}

/** The module has just tried all nodes, or the pinned one. undefined: nothing it found depends on shared volumes. */
export function roomAmongSharers(parts: Parts, encoded: Encoded): SharedRoom | "none" | undefined {
  const { core, nodes, attached, nominations } = parts;
  const wanted = encoded.shape.attached;
  if (wanted.length === 0) return undefined;
  const columns = columnsOf(core);
  const slots = Array.from({ length: nodes.slotsUsed }, (_, slot) => slot).filter(
    (slot) => (encoded.pin < 0 || slot === encoded.pin) && columns.wasTried(slot),
  );
  const shared = slots.filter((slot) => {
    const name = nodes.nameOf(slot);
    return attached.isFullOfShared(name, wanted, nominations.attachedTo(name));
  });
  if (shared.length === 0) return undefined;
  const found = new Map<number, readonly PlacedPod[]>();
  for (const slot of shared) {
    core.calls.preempt(encoded.cls.address, slot);
    const victims = victimsOn(parts, encoded, slot);
    if (victims !== undefined) found.set(slot, victims);
  }
  // What the columns say now is no answer to another question.
  core.arena.set(HEADER + H_P_CLASS, 0);
  const left = slots.filter((slot) => columns.isCandidate(slot));
  const [first] = left;
  if (first === undefined) return "none";
  const slot = left.reduce((best, one) => (columns.isCheaper(one, best) ? one : best), first);
  return { slot, victims: found.get(slot) };
}

/** Whom to evict, and the cost in the columns; undefined: not even without all lesser pods does it fit. */
function victimsOn({ core, pods }: Parts, { cls }: Encoded, slot: number): PlacedPod[] | undefined {
  const { arena, calls } = core;
  const fits = () => calls.choose(cls.address, slot) === slot;
  const priority = arena.get(cls.address + K_PRIORITY);
  const lesser = pods.on(slot).filter((placed) => placed.priority < priority);
  // Most important first.
  const order = lesser
    .reverse()
    .map((placed) => ({ placed, violates: arena.get(placed.record + P_VIOLATES) === 1 }));
  for (const { placed } of order) pods.lift(placed);
  if (!fits()) {
    calls.explain(cls.address);
    const verdict = arena.get(arena.get(HEADER + H_VERDICTS) + slot * 4);
    arena.set(arena.get(HEADER + H_P_VERDICTS) + slot * 4, verdict);
    for (const { placed } of order) pods.putBack(placed, slot);
    return undefined;
  }
  const victims: PlacedPod[] = [];
  let violations = 0;
  for (const violating of [true, false]) {
    for (const { placed, violates } of order) {
      if (violates !== violating) continue;
      pods.putBack(placed, slot);
      if (fits()) continue;
      pods.lift(placed);
      victims.push(placed);
      if (violates) violations++;
    }
  }
  for (const placed of victims) pods.putBack(placed, slot);
  columnsOf(core).note(slot, victims, violations);
  return victims;
}

/** What default-preemption.ts of the module keeps of each node. */
function columnsOf({ arena }: Core) {
  const whole = (column: number, slot: number) => arena.get(HEADER + column) + slot * 4;
  const double = (column: number, slot: number) => arena.get(HEADER + column) + slot * 8;
  const costOf = (slot: number) => [
    arena.get(whole(H_P_VIOLATIONS, slot)),
    arena.get(whole(H_P_GREATEST, slot)),
    arena.getDouble(double(H_P_SUM, slot)),
    arena.get(whole(H_P_COUNT, slot)),
    -arena.getDouble(double(H_P_START, slot)),
  ];
  return {
    /** Without its lesser pods: whatever came of it. */
    wasTried(slot: number): boolean {
      const verdict = arena.get(whole(H_P_VERDICTS, slot));
      return verdict !== V_NOT_HELPFUL && verdict !== V_NO_VICTIMS;
    },
    isCandidate: (slot: number) =>
      arena.get(whole(H_P_VERDICTS, slot)) === 0 && arena.get(whole(H_P_COUNT, slot)) > 0,
    isCheaper(a: number, b: number): boolean {
      const other = costOf(b);
      for (const [index, cost] of costOf(a).entries()) {
        const than = other[index] ?? 0;
        if (cost !== than) return cost < than;
      }
      return false;
    },
    note(slot: number, victims: readonly PlacedPod[], violations: number): void {
      const greatest = Math.max(...victims.map(({ priority }) => priority));
      const sum = victims.reduce((all, { priority }) => all + priority + 2 ** 31, 0);
      const top = victims.filter(({ priority }) => priority === greatest);
      arena.set(whole(H_P_VERDICTS, slot), 0);
      arena.set(whole(H_P_VIOLATIONS, slot), violations);
      arena.set(whole(H_P_GREATEST, slot), greatest);
      arena.set(whole(H_P_COUNT, slot), victims.length);
      arena.setDouble(double(H_P_SUM, slot), sum);
      arena.setDouble(double(H_P_START, slot), Math.min(...top.map(({ start }) => start)));
    },
  };
}
