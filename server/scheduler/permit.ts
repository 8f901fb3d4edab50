/**
 * Permit: a pod that was given a node is let through, turned away, or made to wait for somebody's word. A waiting
 * pod holds its place on the node. No plugin of upstream's default profile does any of it.
 */
import { formatDuration } from "#apimachinery/codec/duration.ts";
import type { Clock } from "#client/clock.ts";
import type { Pod } from "#gen/api/core/v1.ts";

/** Nobody waits longer, whatever a plugin says (upstream's 15 minutes). Milliseconds. */
const waitMax = 15 * 60_000;

export type PermitAnswer =
  | "allow"
  /** In words that complete "0/1 nodes are available: 1 …". */
  | { readonly reject: string }
  /** Milliseconds. */
  | { readonly wait: number };

export interface PermitPlugin {
  readonly name: string;
  /** `waiting`: all that wait now, to be let through or turned away by it; the pod itself is not among them yet. */
  permit(pod: Pod, nodeName: string, waiting: WaitingPods): PermitAnswer;
}

/** "Unschedulable": a plugin, a timeout or its deletion turned it away; "Error": its room was taken. */
export type PermitResult = "Success" | "Unschedulable" | "Error";

export interface PermitOutcome {
  readonly result: PermitResult;
  readonly message: string;
  /** Seconds; undefined: it did not have to wait. */
  readonly waited: number | undefined;
}

export class WaitingPod {
  readonly pod: Pod;
  readonly nodeName: string;
  /** Timers of those that have not let it through. */
  readonly #pending = new Map<string, () => void>();
  #settle: ((result: PermitResult, message: string) => void) | undefined;

  constructor(pod: Pod, nodeName: string, settle: (result: PermitResult, message: string) => void) {
    this.pod = pod;
    this.nodeName = nodeName;
    this.#settle = settle;
  }

  /** Names of the plugins whose word is awaited. */
  get pendingPlugins(): string[] {
    return [...this.#pending.keys()];
  }

  await(plugin: string, milliseconds: number, clock: Clock): void {
    const wait = Math.min(Math.max(milliseconds, 0), waitMax);
    const message = `rejected due to timeout after waiting ${formatDuration(wait * 1e6)} at plugin ${plugin}`;
    this.#pending.set(
      plugin,
      clock.after(wait, () => this.reject(message)),
    );
  }

  /** The plugin lets it through; with the last one's word it is bound. */
  allow(plugin: string): void {
    this.#pending.get(plugin)?.();
    this.#pending.delete(plugin);
    if (this.#pending.size === 0) this.#end("Success", "");
  }

  /** Turned away: it waits for another chance like any pod that fits nowhere. False: too late. */
  reject(message: string): boolean {
    return this.#end("Unschedulable", message);
  }

  /** Somebody more important takes its room; it is tried again soon. False: too late. */
  preempt(): boolean {
    return this.#end("Error", "waiting on permit for pod: preempted");
  }

  #end(result: PermitResult, message: string): boolean {
    const settle = this.#settle;
    if (settle === undefined) return false;
    this.#settle = undefined;
    this.forget();
    settle(result, message);
    return true;
  }

  /** No timer runs any more, nobody is told. */
  forget(): void {
    for (const cancel of this.#pending.values()) cancel();
    this.#pending.clear();
    this.#settle = undefined;
  }
}

export class WaitingPods {
  readonly #clock: Clock;
  readonly #pods = new Map<string, WaitingPod>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#pods.size;
  }

  /** By metadata.uid. */
  get(uid: string | undefined): WaitingPod | undefined {
    return this.#pods.get(uid ?? "");
  }

  [Symbol.iterator](): IterableIterator<WaitingPod> {
    return [...this.#pods.values()][Symbol.iterator]();
  }

  /**
   * Asks the plugins in order; the first to turn the pod away ends it. `settle` is called once: at once, or when the
   * last word is spoken. Throws what a plugin throws.
   */
  admit(
    plugins: readonly PermitPlugin[],
    pod: Pod,
    nodeName: string,
    settle: (outcome: PermitOutcome) => void,
  ): void {
    const waits = new Map<string, number>();
    for (const plugin of plugins) {
      const answer = plugin.permit(pod, nodeName, this);
      if (answer === "allow") continue;
      if ("reject" in answer) {
        settle({ result: "Unschedulable", message: answer.reject, waited: undefined });
        return;
      }
      waits.set(plugin.name, answer.wait);
    }
    if (waits.size === 0) {
      settle({ result: "Success", message: "", waited: undefined });
      return;
    }
    const uid = pod.metadata.uid ?? "";
    const since = this.#clock.monotonic();
    const waiting = new WaitingPod(pod, nodeName, (result, message) => {
      this.#pods.delete(uid);
      settle({ result, message, waited: (this.#clock.monotonic() - since) / 1000 });
    });
    this.#pods.set(uid, waiting);
    for (const [plugin, wait] of waits) waiting.await(plugin, wait, this.#clock);
  }

  /** The scheduler stops: whoever waits is left to the next one. */
  forgetAll(): void {
    for (const waiting of this.#pods.values()) waiting.forget();
    this.#pods.clear();
  }
}
