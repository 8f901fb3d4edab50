/**
 * Which devices of a node satisfy claims: one request after the other takes the first devices that fit, and gives
 * them back when a later one finds none. The first solution is taken, in the order of pools, slices and devices.
 */
import type { Quantity } from "#apimachinery/quantity.ts";
import type { Device, DeviceToleration } from "#gen/api/resource/v1.ts";
import { toleratesDeviceTaint } from "#resources/resource/v1/device-taints.ts";
import type { NodeFacts } from "#scheduler/node-facts.ts";
import { CapacityError, consumption, hasRoom } from "./capacity.ts";
import { Constraint } from "./constraints.ts";
import { countersLeft, giveCounters, takeCounters } from "./counters.ts";
import { addTo, type Capacities, type DeviceLedger } from "./ledger.ts";
import type { Pool } from "./pools.ts";
import {
  AllocationError,
  type Candidate,
  type Choice,
  candidatesOf,
  devicesMax,
  isSelectable,
  type Prepared,
  shown,
} from "./requests.ts";

/** Steps of one search; upstream allows ten seconds. */
const stepsMax = 200_000;

export interface Chosen {
  readonly choice: Choice;
  readonly candidate: Candidate;
  /** Of a device that several may have. */
  readonly consumed: Capacities | undefined;
}

export class SearchTooLong extends Error {}

/** More devices than a claim may have: tells whether another alternative can help at all. */
type Outcome = "found" | "none" | "tooMany";

interface Position {
  readonly claim: number;
  readonly request: number;
  readonly device: number;
  /** Undefined: the request's alternatives are still to be tried. */
  readonly choice: Choice | undefined;
  /** Devices of one request are taken in order: other orders are the same set. */
  readonly from: number;
}

export class Search {
  readonly #node: NodeFacts;
  readonly #pools: readonly Pool[];
  readonly #ledger: DeviceLedger;
  readonly #claims: readonly Prepared[];
  readonly #candidates: readonly Candidate[];
  readonly #constraints: readonly (readonly Constraint[])[];
  readonly #counters = new Map<Pool, Capacities>();
  /** Device -> claims that are getting it. */
  readonly #taking = new Map<string, Set<number>>();
  readonly #sharing = new Map<string, { shares: number; consumed: Capacities }>();
  readonly chosen: Chosen[][];
  #steps = 0;

  constructor(
    node: NodeFacts,
    pools: readonly Pool[],
    ledger: DeviceLedger,
    claims: readonly Prepared[],
  ) {
    this.#node = node;
    this.#pools = pools;
    this.#ledger = ledger;
    this.#claims = claims;
    this.#candidates = pools.flatMap((pool) => [...candidatesOf(pool)]);
    this.#constraints = claims.map(({ claim }) =>
      (claim.spec.devices?.constraints ?? []).map((one) => new Constraint(one)),
    );
    this.chosen = claims.map(() => []);
  }

  /** Throws AllocationError and SearchTooLong. */
  run(): boolean {
    return this.#next(start(0, 0)) === "found";
  }

  get hasInvalidPool(): boolean {
    return this.#pools.some(({ state }) => state === "invalid");
  }

  #next(at: Position): Outcome {
    if (++this.#steps > stepsMax) throw new SearchTooLong();
    const prepared = this.#claims[at.claim];
    if (prepared === undefined) return "found";
    const choices = prepared.requests[at.request];
    if (choices === undefined) {
      const outcome = this.#next(start(at.claim + 1, 0));
      return outcome === "tooMany" ? "none" : outcome;
    }
    if (at.choice === undefined) return this.#alternatives(at, choices);
    const { choice } = at;
    if (choice.all?.length === 0) return "none";
    if (at.device >= choice.count) return this.#next(start(at.claim, at.request + 1));
    const had = this.chosen[at.claim]?.length ?? 0;
    if (choice.count - at.device > devicesMax - had) return "tooMany";
    return choice.all === undefined
      ? this.#oneOf(at, choice, prepared)
      : this.#exactly(at, choice, choice.all);
  }

  #alternatives(at: Position, choices: readonly Choice[]): Outcome {
    let outcome: Outcome = "tooMany";
    for (const choice of choices) {
      const tried = this.#next({ ...at, choice });
      if (tried === "found") return "found";
      if (tried === "none") outcome = "none";
    }
    return outcome;
  }

  #exactly(at: Position, choice: Choice, all: readonly Candidate[]): Outcome {
    const candidate = all[at.device];
    if (candidate === undefined) return "none";
    const giveBack = this.#take(at, choice, candidate, true);
    if (giveBack === undefined) return "none";
    const outcome = this.#next({ ...at, device: at.device + 1 });
    if (outcome !== "found") giveBack();
    return outcome;
  }

  #oneOf(at: Position, choice: Choice, { claim }: Prepared): Outcome {
    for (let index = at.from; index < this.#candidates.length; index++) {
      const candidate = this.#candidates[index];
      if (candidate === undefined || this.#isTaken(at, choice, candidate)) continue;
      if (!isSelectable(choice, candidate, { claim, node: this.#node })) continue;
      const giveBack = this.#take(at, choice, candidate, false);
      if (giveBack === undefined) continue;
      const outcome = this.#next({ ...at, device: at.device + 1, from: index + 1 });
      if (outcome === "found") return outcome;
      giveBack();
      if (outcome === "tooMany") return outcome;
    }
    return "none";
  }

  #isTaken({ claim }: Position, { admin }: Choice, { key }: Candidate): boolean {
    const taking = this.#taking.get(key);
    if (admin) return taking?.has(claim) ?? false;
    return this.#ledger.isTaken(key) || (taking !== undefined && taking.size > 0);
  }

  /** undefined: it cannot be had; else what gives it back. */
  #take(
    at: Position,
    choice: Choice,
    candidate: Candidate,
    must: boolean,
  ): (() => void) | undefined {
    const { device, key, pool } = candidate;
    const shared = device.allowMultipleAllocations === true;
    const undo: (() => void)[] = [];
    const back = () => {
      for (const step of undo.splice(0).reverse()) step();
    };
    if (!(shared && choice.admin) && this.#isTaken(at, choice, candidate)) return undefined;
    // Who has to have it is told of a constraint first.
    if (!must && !this.#hasRoom(at, choice, candidate)) return undefined;
    if (!isTolerated(device, choice.tolerations)) return undefined;
    // Whoever has a share of it already has taken its counters.
    const counted = shared && (this.#ledger.isShared(key) || this.#sharing.has(key));
    if (!counted && (device.consumesCounters ?? []).length > 0) {
      const left = this.#countersOf(pool);
      if (!takeCounters(left, device)) return undefined;
      undo.push(() => giveCounters(left, device));
    }
    if (!this.#constrain(at, choice, candidate, undo)) {
      back();
      if (!must) return undefined;
      throw new AllocationError(
        `${this.#shown(at.claim, choice)}: cannot add device ${key} because a claim constraint would not be satisfied`,
      );
    }
    if (must && !this.#hasRoom(at, choice, candidate)) {
      back();
      return undefined;
    }
    const consumed = shared ? this.#share(choice, candidate, undo) : undefined;
    if (!shared) this.#mark(at.claim, key, undo);
    const results = this.chosen[at.claim];
    results?.push({ choice, candidate, consumed });
    undo.push(() => results?.pop());
    return back;
  }

  #hasRoom({ claim }: Position, choice: Choice, { device, key }: Candidate): boolean {
    const { capacity = {} } = device;
    try {
      const others = this.#sharing.get(key)?.consumed;
      return hasRoom(choice.capacity, capacity, this.#ledger.consumed(key), others);
    } catch (error) {
      if (!(error instanceof CapacityError)) throw error;
      throw new AllocationError(
        `${this.#shown(claim, choice)}: checking capacity for device ${key}: ${error.message}`,
      );
    }
  }

  #shown(claim: number, { name }: Choice): string {
    const prepared = this.#claims[claim];
    const whose = prepared === undefined ? "" : shown(prepared.claim);
    return `claim ${whose}, request ${name.split("/").at(-1)}`;
  }

  #constrain(
    { claim }: Position,
    { names }: Choice,
    { device, pool }: Candidate,
    undo: (() => void)[],
  ): boolean {
    return (this.#constraints[claim] ?? []).every((constraint) => {
      const fits = constraint.add(names, pool.driver, device);
      if (fits) undo.push(() => constraint.remove(names));
      return fits;
    });
  }

  #mark(claim: number, key: string, undo: (() => void)[]): void {
    const taking = this.#taking.get(key) ?? new Set();
    this.#taking.set(key, taking.add(claim));
    undo.push(() => taking.delete(claim));
  }

  #share(choice: Choice, { device, key }: Candidate, undo: (() => void)[]): Capacities {
    const consumed = consumption(choice.capacity, device.capacity ?? {});
    const sharing = this.#sharing.get(key) ?? { shares: 0, consumed: new Map<string, Quantity>() };
    this.#sharing.set(key, sharing);
    sharing.shares++;
    for (const [name, amount] of consumed) addTo(sharing.consumed, name, amount, 1);
    undo.push(() => {
      sharing.shares--;
      for (const [name, amount] of consumed) addTo(sharing.consumed, name, amount, -1);
      if (sharing.shares === 0) this.#sharing.delete(key);
    });
    return consumed;
  }

  #countersOf(pool: Pool): Capacities {
    const known = this.#counters.get(pool) ?? countersLeft(pool, this.#ledger);
    this.#counters.set(pool, known);
    return known;
  }
}

function start(claim: number, request: number): Position {
  return { claim, request, device: 0, choice: undefined, from: 0 };
}

function isTolerated(device: Device, tolerations: readonly DeviceToleration[]): boolean {
  return (device.taints ?? []).every(
    (taint) =>
      (taint.effect !== "NoSchedule" && taint.effect !== "NoExecute") ||
      tolerations.some((toleration) => toleratesDeviceTaint(toleration, taint)),
  );
}
