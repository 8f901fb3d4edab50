/**
 * Unschedulable pods by kind. All of one kind fit where one of them fits, so an event that may help sends out a
 * single one of them, a scout: the others follow while scouts are placed, and stay where they are when one is refused
 * again. A thousand replicas that wait for room cost an attempt an event, not a thousand.
 */
import type { QueuedPod } from "./queue.ts";

interface Kind {
  /** Who waited longest since his last attempt comes first. */
  readonly waiting: Set<QueuedPod>;
  /** Woken, and not yet tried. */
  readonly scouts: Set<QueuedPod>;
}

export class RefusedPods {
  readonly #kinds = new Map<string, Kind>();

  get isEmpty(): boolean {
    return this.#kinds.size === 0;
  }

  all(): QueuedPod[] {
    return [...this.#kinds.values()].flatMap(({ waiting }) => [...waiting]);
  }

  /** One of each kind that has nobody out: scouts see for themselves what an event changed. */
  *eachIdle(): Generator<QueuedPod> {
    for (const { waiting, scouts } of this.#kinds.values()) {
      const [first] = waiting;
      if (first !== undefined && scouts.size === 0) yield first;
    }
  }

  /** The next `count` of the kind. */
  next(alike: string, count: number): QueuedPod[] {
    const found: QueuedPod[] = [];
    for (const queued of this.#kinds.get(alike)?.waiting ?? []) {
      if (found.length === count) break;
      found.push(queued);
    }
    return found;
  }

  add(queued: QueuedPod): void {
    const kind = this.#kinds.get(queued.alike);
    if (kind !== undefined) kind.waiting.add(queued);
    else this.#kinds.set(queued.alike, { waiting: new Set([queued]), scouts: new Set() });
  }

  send(queued: QueuedPod): void {
    const kind = this.#kinds.get(queued.alike);
    kind?.scouts.add(queued);
    kind?.waiting.delete(queued);
  }

  /** It waits no more, whatever became of it. */
  remove(queued: QueuedPod): void {
    const kind = this.#kinds.get(queued.alike);
    kind?.waiting.delete(queued);
    this.#forgetEmpty(queued.alike, kind);
  }

  /** Its attempt is over, or will never be; was it a scout? */
  return(queued: QueuedPod): boolean {
    const kind = this.#kinds.get(queued.alike);
    const was = kind?.scouts.delete(queued) ?? false;
    this.#forgetEmpty(queued.alike, kind);
    return was;
  }

  #forgetEmpty(alike: string, kind: Kind | undefined): void {
    if (kind?.waiting.size === 0 && kind.scouts.size === 0) this.#kinds.delete(alike);
  }
}
