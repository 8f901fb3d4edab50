/** Who waits for something that is done one after the other: everybody in turn, however much one of them asks. Pure. */

export interface Waiting {
  readonly user: string;
  /** What is held while it waits, bytes. */
  readonly size: number;
}

export interface Room {
  /** Of one user. */
  readonly ofUserMax: number;
  /** Of all together. */
  readonly bytesMax: number;
}

export class Turns<T extends Waiting> {
  readonly #room: Room;
  /** In the order of their next turn. */
  readonly #queues = new Map<string, T[]>();
  #bytes = 0;

  constructor(room: Room) {
    this.#room = room;
  }

  get empty(): boolean {
    return this.#queues.size === 0;
  }

  /** false: there is no room. */
  add(waiting: T): boolean {
    const queue = this.#queues.get(waiting.user) ?? [];
    const { ofUserMax, bytesMax } = this.#room;
    if (queue.length >= ofUserMax || this.#bytes + waiting.size > bytesMax) return false;
    queue.push(waiting);
    this.#queues.set(waiting.user, queue);
    this.#bytes += waiting.size;
    return true;
  }

  /** The first of the user who waits longest, of those that `of` names; the user then stands last. */
  next(of: (user: string) => boolean = anybody): T | undefined {
    for (const [user, queue] of this.#queues) {
      if (!of(user)) continue;
      this.#queues.delete(user);
      const first = queue.shift();
      if (first === undefined) continue;
      if (queue.length > 0) this.#queues.set(user, queue);
      this.#bytes -= first.size;
      return first;
    }
    return undefined;
  }
}

const anybody = (): boolean => true;
