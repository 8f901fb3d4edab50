/**
 * One of several processes leads: it holds a Lease and renews it; the others watch the clock. Clocks are not
 * compared across machines: a lease counts from when this process saw it change last (client-go's rule).
 */
import { formatMicroTime } from "#apimachinery/time.ts";
import { type Lease, leases } from "#gen/api/coordination/v1.ts";
import { type Logger, silent } from "#telemetry/log.ts";
import type { Client } from "./client.ts";
import { type Clock, sleep, systemClock } from "./clock.ts";
import { findObject } from "./find-object.ts";

/**
 * Shorter than upstream's 15, 10 and 2: the next one leads within 15 s of a leader's sudden end even when it
 * had looked right before the last renewal (two looks of at most 2.2 s, and the lease).
 */
const leaseDefault = 10;
const renewDeadlineDefault = 7;
const retryDefault = 1;

export interface LeaderElectionOptions {
  readonly client: Client;
  /** Of the Lease. */
  readonly name: string;
  readonly namespace?: string | undefined;
  /** Unique among the candidates. */
  readonly identity: string;
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
  readonly random?: (() => number) | undefined;
  readonly leaseSeconds?: number | undefined;
  readonly renewDeadlineSeconds?: number | undefined;
  readonly retrySeconds?: number | undefined;
}

/**
 * Calls `lead` whenever this process becomes the leader; the signal it gets is aborted when leadership is
 * lost, and its end is awaited before the Lease is sought again. Resolves when `signal` is aborted, after
 * the Lease was given back.
 */
export async function electLeader(
  options: LeaderElectionOptions,
  lead: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const candidate = new Candidate(options);
  while (!signal.aborted) {
    if (!(await candidate.acquire(signal))) break;
    const term = new AbortController();
    const work = lead(term.signal).finally(() => term.abort());
    await candidate.hold(AbortSignal.any([signal, term.signal]));
    term.abort();
    await work;
    await candidate.release();
  }
}

class Candidate {
  readonly #options: LeaderElectionOptions;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #leaseSeconds: number;
  #observed: Lease | undefined;
  #observedAt = 0;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silent;
    this.#leaseSeconds = options.leaseSeconds ?? leaseDefault;
  }

  get #namespace(): string {
    return this.#options.namespace ?? "kube-system";
  }

  /** True: leading; false: the signal came first. */
  async acquire(signal: AbortSignal): Promise<boolean> {
    const { retrySeconds = retryDefault, random = Math.random, name } = this.#options;
    while (!signal.aborted) {
      if (await this.#tryOnce()) {
        this.#logger.info("leading", { lease: name });
        return true;
      }
      // Jitter, so that candidates do not all come at once.
      await sleep(this.#clock, retrySeconds * 1000 * (1 + 1.2 * random()), signal);
    }
    return false;
  }

  /** Renews until the signal, or until no renewal succeeded for the whole deadline. */
  async hold(signal: AbortSignal): Promise<void> {
    const {
      retrySeconds = retryDefault,
      renewDeadlineSeconds = renewDeadlineDefault,
      name,
    } = this.#options;
    let renewedAt = this.#clock.monotonic();
    while (!signal.aborted) {
      await sleep(this.#clock, retrySeconds * 1000, signal);
      if (signal.aborted) return;
      const began = this.#clock.monotonic();
      const left = renewedAt + renewDeadlineSeconds * 1000 - began;
      // A request that hangs must not outlast the lease: another may lead by then. Who was kept from the processor
      // past the deadline asks once more: whether another leads by now, only an answer tells.
      const shortest = (this.#leaseSeconds - renewDeadlineSeconds) * 500;
      const renewed = await this.#within(Math.max(left, shortest), this.#tryOnce());
      const waited = this.#clock.monotonic() - renewedAt;
      if (renewed) {
        renewedAt = began;
      } else if (this.#othersLead() || waited >= renewDeadlineSeconds * 1000) {
        this.#logger.warn("leadership lost", { lease: name });
        return;
      }
    }
  }

  /** Seen to be so: nothing is gained by waiting for the deadline. */
  #othersLead(): boolean {
    const holder = this.#observed?.spec.holderIdentity ?? "";
    return holder !== "" && holder !== this.#options.identity;
  }

  async #within(milliseconds: number, attempt: Promise<boolean>): Promise<boolean> {
    const stop = new AbortController();
    const late = sleep(this.#clock, milliseconds, stop.signal).then(() => false);
    const result = await Promise.race([attempt, late]);
    stop.abort();
    return result;
  }

  async release(): Promise<void> {
    const held = this.#observed;
    if (held?.spec.holderIdentity !== this.#options.identity) return;
    const spec = { ...held.spec, holderIdentity: "", leaseDurationSeconds: 1 };
    try {
      await this.#options.client.update(leases, { ...held, spec });
    } catch (error) {
      this.#logger.debug("lease not given back", { error: String(error) });
    }
    this.#observed = undefined;
  }

  async #tryOnce(): Promise<boolean> {
    try {
      return await this.#tryAcquireOrRenew();
    } catch (error) {
      this.#logger.debug("lease not acquired", { error: String(error) });
      return false;
    }
  }

  async #tryAcquireOrRenew(): Promise<boolean> {
    const { client, name, identity } = this.#options;
    const now = this.#clock.now();
    const time = formatMicroTime(now);
    const mine = { holderIdentity: identity, leaseDurationSeconds: this.#leaseSeconds };
    const last = this.#observed;
    // As client-go: who leads need not look, since nobody else writes; if somebody did, the version tells.
    if (last?.spec.holderIdentity === identity && this.#isValid(last)) {
      const spec = { ...last.spec, ...mine, renewTime: time };
      const renewed = await client.update(leases, { ...last, spec }).catch(() => undefined);
      if (renewed !== undefined) {
        this.#observe(renewed);
        return true;
      }
    }
    const current = await findObject(client, leases, this.#namespace, name);
    if (current === undefined) {
      const spec = { ...mine, acquireTime: time, renewTime: time, leaseTransitions: 0 };
      this.#observe(await client.create(leases, this.#namespace, { metadata: { name }, spec }));
      return true;
    }
    this.#observe(current);
    const { holderIdentity = "", leaseTransitions = 0, acquireTime = time } = current.spec;
    const held = holderIdentity === identity;
    if (!held && holderIdentity !== "" && this.#isValid(current)) return false;
    const since = held
      ? { acquireTime, leaseTransitions }
      : { acquireTime: time, leaseTransitions: leaseTransitions + 1 };
    const spec = { ...mine, ...since, renewTime: time };
    this.#observe(await client.update(leases, { ...current, spec }));
    return true;
  }

  #isValid({ spec }: Lease): boolean {
    const seconds = spec.leaseDurationSeconds ?? this.#leaseSeconds;
    return this.#observedAt + seconds * 1000 > this.#clock.monotonic();
  }

  #observe(lease: Lease): void {
    const changed = lease.metadata.resourceVersion !== this.#observed?.metadata.resourceVersion;
    if (changed) this.#observedAt = this.#clock.monotonic();
    this.#observed = lease;
  }
}
