/** Who waits for which victims to go, and how much of their going has been seen. */
import type { ClusterEvent } from "./plugins/plugin.ts";

interface Seen<Waiting> {
  /** The last of their victims is gone. */
  readonly freed: readonly Waiting[];
  /** Others of their victims are still there. */
  readonly others: readonly Waiting[];
}

const nobody = { freed: [], others: [] };

interface Victims {
  /** On their nodes, as far as the events tell. */
  readonly standing: Set<string>;
  /** These, and those that are on their way out. */
  readonly there: Set<string>;
}

export class VictimsLeaving<Waiting> {
  readonly #victims = new Map<Waiting, Victims>();
  readonly #waiting = new Map<string, Set<Waiting>>();

  /** `keys`: of pods that are on a node now, and whose going will be told; `leaving`: those of which it was told before. */
  expect(waiting: Waiting, keys: readonly string[], leaving: readonly string[]): void {
    this.forget(waiting);
    if (keys.length === 0) return;
    const standing = new Set(keys.filter((key) => !leaving.includes(key)));
    this.#victims.set(waiting, { standing, there: new Set(keys) });
    for (const key of keys) {
      const others = this.#waiting.get(key);
      if (others === undefined) this.#waiting.set(key, new Set([waiting]));
      else others.add(waiting);
    }
  }

  forget(waiting: Waiting): void {
    for (const key of this.#victims.get(waiting)?.there ?? []) {
      const others = this.#waiting.get(key);
      others?.delete(waiting);
      if (others?.size === 0) this.#waiting.delete(key);
    }
    this.#victims.delete(waiting);
  }

  /** Does a victim look as if nobody had told it to go? */
  stand(waiting: Waiting): boolean {
    return (this.#victims.get(waiting)?.standing.size ?? 0) > 0;
  }

  see(event: ClusterEvent): Seen<Waiting> {
    if (this.#waiting.size === 0 || event.kind !== "pod" || event.before === undefined)
      return nobody;
    const { before, pod } = event;
    const { namespace = "", name, uid } = before.metadata;
    const key = `${namespace}/${name}`;
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return nobody;
    if (pod === undefined || pod.metadata.uid !== uid) return this.#gone(key, waiting);
    if (pod.metadata.deletionTimestamp === undefined) return nobody;
    for (const one of waiting) this.#victims.get(one)?.standing.delete(key);
    return { freed: [], others: [...waiting] };
  }

  #gone(key: string, waiting: ReadonlySet<Waiting>): Seen<Waiting> {
    this.#waiting.delete(key);
    const freed: Waiting[] = [];
    const others: Waiting[] = [];
    for (const one of waiting) {
      const victims = this.#victims.get(one);
      victims?.standing.delete(key);
      victims?.there.delete(key);
      if (victims !== undefined && victims.there.size > 0) others.push(one);
      else {
        freed.push(one);
        this.#victims.delete(one);
      }
    }
    return { freed, others };
  }
}
