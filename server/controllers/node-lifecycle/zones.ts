/**
 * How fast nodes may be emptied. One silent node is probably dead; when most of a zone is silent it is
 * probably the network, and to evict everything would do the harm that it should prevent.
 */
import type { Clock } from "#client/clock.ts";
import { tokenBucket } from "#client/workqueue.ts";
import type { Node } from "#gen/api/core/v1.ts";
import { readyCondition } from "./reconcile.ts";

/** Upstream's flags: nodes a second, in a healthy zone and in a partly disrupted large one. */
const evictionsPerSecond = 0.1;
const disruptedEvictionsPerSecond = 0.01;
const largeZoneNodesMin = 50;
const unhealthyShare = 0.55;
/** How often a zone that must not evict at all is looked at again. */
const haltedSeconds = 10;

interface Zone {
  ready: number;
  notReady: number;
  readonly healthy: () => number;
  readonly disrupted: () => number;
}

export function zoneOf({ metadata }: Node): string {
  const region = metadata.labels?.["topology.kubernetes.io/region"] ?? "";
  return `${region}:${metadata.labels?.["topology.kubernetes.io/zone"] ?? ""}`;
}

export class Zones {
  readonly #clock: Clock;
  readonly #zones = new Map<string, Zone>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(node: Node): void {
    this.#count(node, 1);
  }

  remove(node: Node): void {
    this.#count(node, -1);
  }

  /** 0: one node of this zone may be emptied now, and has been counted; else seconds to wait. */
  evictionWait(node: Node): number {
    const zone = this.#zone(zoneOf(node));
    const { ready, notReady } = zone;
    if (ready === 0) {
      const anyHealthy = [...this.#zones.values()].some((it) => it.ready > 0);
      return anyHealthy ? zone.healthy() / 1000 : haltedSeconds;
    }
    const partial = notReady > 2 && notReady / (ready + notReady) >= unhealthyShare;
    if (!partial) return zone.healthy() / 1000;
    return ready + notReady > largeZoneNodesMin ? zone.disrupted() / 1000 : haltedSeconds;
  }

  #count(node: Node, by: 1 | -1): void {
    const zone = this.#zone(zoneOf(node));
    if (readyCondition(node)?.status === "True") zone.ready += by;
    else zone.notReady += by;
  }

  #zone(name: string): Zone {
    const known = this.#zones.get(name);
    if (known !== undefined) return known;
    const limit = { burst: 1, refuse: true };
    const zone = {
      ready: 0,
      notReady: 0,
      healthy: tokenBucket(this.#clock, { ...limit, perSecond: evictionsPerSecond }),
      disrupted: tokenBucket(this.#clock, { ...limit, perSecond: disruptedEvictionsPerSecond }),
    };
    this.#zones.set(name, zone);
    return zone;
  }
}
