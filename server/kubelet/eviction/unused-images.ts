/**
 * Images that no container uses: what a node whose disk runs short gives up before it ends a pod, the least
 * recently used first. Upstream's image garbage collection, which on a developer's machine begins with the
 * pressure itself: whoever loaded an image by hand keeps it while there is room.
 */
import type { Clock } from "#client/clock.ts";
import type { ContainerSummary, CriRuntime, RuntimeImage } from "#kubelet/cri/runtime.ts";
import type { Logger } from "#telemetry/log.ts";
import type { Reserve } from "./pressure.ts";

/** One that came just now is about to be used; upstream's. */
const ageMillisecondsMin = 2 * 60_000;

/** Milliseconds. */
interface Seen {
  readonly first: number;
  readonly used: number;
}

/** When each image was seen first, and used last. */
export class ImageUse {
  #seen: ReadonlyMap<string, Seen> = new Map();

  /** Those that may go, in the order in which they should. */
  unused(
    images: readonly RuntimeImage[],
    containers: readonly Pick<ContainerSummary, "imageRef">[],
    now: number,
  ): readonly RuntimeImage[] {
    const referred = new Set(containers.map(({ imageRef }) => imageRef));
    const isUsed = ({ id, names }: RuntimeImage): boolean =>
      [id, ...names].some((name) => referred.has(name));
    const seen = new Map<string, Seen>();
    for (const image of images) {
      const { first = now, used = 0 } = this.#seen.get(image.id) ?? {};
      seen.set(image.id, { first, used: isUsed(image) ? now : used });
    }
    this.#seen = seen;
    const of = ({ id }: RuntimeImage): Seen => seen.get(id) ?? { first: now, used: now };
    return images
      .filter((image) => {
        const { first, used } = of(image);
        return !image.pinned && used !== now && now - first >= ageMillisecondsMin;
      })
      .sort((a, b) => of(a).used - of(b).used || of(a).first - of(b).first);
  }
}

interface Parts {
  readonly runtime: CriRuntime;
  readonly clock: Clock;
  readonly logger: Logger;
}

export class ImageCollector {
  readonly #parts: Parts;
  readonly #use = new ImageUse();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Called again and again, so that it knows who used what. True: something went, the disk is to be looked at again. */
  async collect(disk: Reserve): Promise<boolean> {
    const { runtime, clock, logger } = this.#parts;
    const [images, containers] = await Promise.all([
      runtime.listImages(),
      runtime.listContainers(),
    ]);
    const unused = this.#use.unused(images, containers, clock.now().getTime());
    let lacking = disk.threshold - disk.available;
    if (lacking <= 0) return false;
    let removed = false;
    for (const { id, names, sizeBytes } of unused) {
      if (lacking <= 0) break;
      try {
        await runtime.removeImage(id);
      } catch (error) {
        logger.warn("an unused image stays", { image: names[0] ?? id, error: String(error) });
        continue;
      }
      logger.info("removed an unused image: the disk runs short", { image: names[0] ?? id });
      lacking -= sizeBytes;
      removed = true;
    }
    return removed;
  }
}
