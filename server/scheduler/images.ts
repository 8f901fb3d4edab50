/** Images that pods ask for: a set of nodes each, its size, and how many nodes hold it. */
import { H_IMAGES, HEADER } from "#gen/scheduler-abi.ts";
import type { Arena } from "./arena.ts";
import type { NodeFacts } from "./node-facts.ts";
import type { NodeTable } from "./node-table.ts";

interface Image {
  readonly set: number;
  holders: number;
  /** Upstream keeps one size an image: that of the first node which reported it. */
  size: number;
}

const entryBytes = 16;

export class Images {
  readonly #arena: Arena;
  readonly #nodes: NodeTable;
  readonly #ids = new Map<string, number>();
  #images: Image[] = [];
  #room = 64;

  constructor(arena: Arena, nodes: NodeTable) {
    this.#arena = arena;
    this.#nodes = nodes;
    arena.set(HEADER + H_IMAGES, arena.allocate(this.#room * entryBytes));
  }

  intern(reference: string): number {
    const name = normalized(reference);
    const known = this.#ids.get(name);
    if (known !== undefined) return known;
    const id = this.#images.length;
    const set = this.#nodes.setId(`image ${name}`, ({ images }) => images.has(name));
    const image: Image = { set, holders: 0, size: 0 };
    for (const { images } of this.#nodes.facts()) {
      const size = images.get(name);
      if (size === undefined) continue;
      if (image.holders++ === 0) image.size = size;
    }
    this.#ids.set(name, id);
    this.#images.push(image);
    if (id >= this.#room) this.#grow();
    this.#write(id, image);
    return id;
  }

  /** Forgets every image: classes ask anew. */
  dropAll(): void {
    this.#ids.clear();
    this.#images = [];
  }

  /** A node goes from `before` to `now`; true when an image that pods ask for comes or goes. */
  change(before: NodeFacts | undefined, now: NodeFacts | undefined): boolean {
    let changed = false;
    for (const [name, id] of this.#ids) {
      const had = before?.images.has(name) ?? false;
      const size = now?.images.get(name);
      const image = this.#images[id];
      if (image === undefined || !differs(image, had, size)) continue;
      changed = true;
      image.holders += Number(size !== undefined) - Number(had);
      if (size !== undefined && image.holders === 1) image.size = size;
      this.#write(id, image);
    }
    return changed;
  }

  /** Does some node hold one of them? Otherwise they score nowhere. */
  anyHeld(ids: readonly number[]): boolean {
    return ids.some((id) => (this.#images[id]?.holders ?? 0) > 0);
  }

  #write(id: number, { set, holders, size }: Image): void {
    const address = this.#arena.get(HEADER + H_IMAGES) + id * entryBytes;
    this.#arena.set(address, set);
    this.#arena.set(address + 4, holders);
    this.#arena.setDouble(address + 8, size);
  }

  #grow(): void {
    const old = this.#arena.get(HEADER + H_IMAGES);
    const bytes = this.#room * entryBytes;
    this.#room *= 2;
    const address = this.#arena.allocate(this.#room * entryBytes);
    this.#arena.u8.copyWithin(address, old, old + bytes);
    this.#arena.free(old, bytes);
    this.#arena.set(HEADER + H_IMAGES, address);
  }
}

/** The node got it, lost it, or is the only one that has it and says another size. */
function differs(image: Image, had: boolean, size: number | undefined): boolean {
  if (had !== (size !== undefined)) return true;
  return had && image.holders === 1 && image.size !== size;
}

/** Without a tag the container runtime reports `:latest`. */
function normalized(image: string): string {
  return image.lastIndexOf(":") <= image.lastIndexOf("/") ? `${image}:latest` : image;
}
