/**
 * NodeVolumeLimits: how many volumes of each CSI driver are attached to a node, and how many may be. A pod adds
 * its claims by its effects; what pods share, and what is attached without a pod, is set right here.
 */
import type { PersistentVolumeSpec, Volume } from "#gen/api/core/v1.ts";
import type { CSINode, VolumeAttachment } from "#gen/api/storage/v1.ts";
import type { Core } from "./core.ts";
import type { Counters } from "./counters.ts";
import { handledVolume } from "./in-tree-volumes.ts";
import type { NodeTable } from "./node-table.ts";
import type { Labels } from "./predicate.ts";

/** A volume that a pod attaches. */
export interface Attached {
  readonly driver: string;
  /** The driver's own name of it; "claim namespace/name" as long as it has none. */
  readonly volume: string;
}

/** It has no name of its own yet. */
export function isToBeMade({ volume }: Attached): boolean {
  return volume.startsWith("claim ");
}

/** undefined: nothing that is attached under a limit. */
export function attachedVolume(
  source: PersistentVolumeSpec | Volume,
  labels?: Labels,
): Attached | undefined {
  const handled = handledVolume(source, labels);
  return handled && { driver: handled.driver, volume: `${handled.driver} ${handled.handle}` };
}

/** What one driver's volumes ask of a node, by numbers of counters. */
export interface LimitRow {
  readonly used: number;
  readonly limit: number;
  readonly wanted: number;
  /** Counter that is 0 where the driver is missing, which keeps pods away; -1: it keeps none away. */
  readonly installed: number;
  readonly driver: string;
  /** Counters of volumes that others use as well: 1 where one is attached already. */
  readonly shared: readonly number[];
}

interface OnNode {
  /** Volume -> pods and attachments that hold it, by driver. */
  readonly holders: Map<string, Map<string, number>>;
  /** Driver -> what pods have added by their effects. */
  readonly added: Map<string, number>;
  /** Driver -> what has been added beside that. */
  readonly corrected: Map<string, number>;
  limits: ReadonlyMap<string, number>;
  drivers: ReadonlySet<string>;
}

export class AttachedVolumes {
  readonly #core: Core;
  readonly #nodes: NodeTable;
  readonly #counters: Counters;
  readonly #byNode = new Map<string, OnNode>();
  /** Volume -> nodes where it is attached. */
  readonly #places = new Map<string, Set<string>>();
  readonly #attachments = new Map<string, Attached & { readonly nodeName: string }>();
  /** Volumes that have a counter of their own, which classes look at. */
  readonly #shared = new Map<string, number>();

  constructor(core: Core, nodes: NodeTable, counters: Counters) {
    this.#core = core;
    this.#nodes = nodes;
    this.#counters = counters;
  }

  /** Nodes and volumes of which something is known. */
  get known(): number {
    return this.#byNode.size + this.#places.size;
  }

  usedCounter(driver: string): number {
    return this.#counters.named(`attached ${driver}`).id;
  }

  /** One more than the limit; 0: none is set. */
  #limitCounter(driver: string): number {
    return this.#counters.named(`attachable ${driver}`).id;
  }

  /** 1 where the driver is. */
  #installedCounter(driver: string): number {
    return this.#counters.named(`installed ${driver}`).id;
  }

  /** Is it attached to some node, or will it be to one that a pod is nominated to? */
  isHeld(volume: string): boolean {
    return this.#places.has(volume) || this.#shared.has(volume);
  }

  /**
   * Could a pod with these volumes exceed a limit of the node, where volumes have more than one holder? `promised`:
   * those of the pods that are nominated to it.
   */
  isFullOfShared(
    nodeName: string,
    wanted: readonly Attached[],
    promised: readonly Attached[],
  ): boolean {
    const there = this.#byNode.get(nodeName);
    if (there === undefined) return false;
    return wanted.some(({ driver }) => {
      const limit = (there.limits.get(driver) ?? 0) - 1;
      const volumes = there.holders.get(driver);
      if (limit < 0 || volumes === undefined) return false;
      const others = [...wanted, ...promised].filter((one) => one.driver === driver);
      if (volumes.size + others.length <= limit) return false;
      return (
        others.some(({ volume }) => volumes.has(volume)) || [...volumes.values()].some((n) => n > 1)
      );
    });
  }

  /** What a pod with these volumes asks. `mustBeThere`: pods stay away from nodes without the driver. */
  rows(volumes: readonly Attached[], mustBeThere: (driver: string) => boolean): LimitRow[] {
    const drivers = [...new Set(volumes.map(({ driver }) => driver))];
    return drivers.map((driver) => {
      const own = volumes.filter((one) => one.driver === driver);
      return {
        used: this.usedCounter(driver),
        limit: this.#limitCounter(driver),
        wanted: own.length,
        installed: mustBeThere(driver) ? this.#installedCounter(driver) : -1,
        driver,
        shared: own.flatMap(({ volume }) => (this.isHeld(volume) ? this.counterOf(volume) : [])),
      };
    });
  }

  /** 1 on nodes where the volume is attached; good until `forgetShared`. */
  counterOf(volume: string): number {
    const known = this.#shared.get(volume);
    if (known !== undefined) return known;
    const { id } = this.#counters.passing(`shared ${volume}`);
    this.#shared.set(volume, id);
    for (const nodeName of this.#places.get(volume) ?? []) this.#count(id, nodeName, 1);
    return id;
  }

  /** The counters of volumes go, and the classes that look at them: they are counted anew for others. */
  forgetShared(): void {
    this.#shared.clear();
  }

  /** A pod came (`sign` 1) to a node or left it (-1); its effects have been counted. */
  change(volumes: readonly Attached[], nodeName: string, sign: 1 | -1): void {
    const there = this.#on(nodeName);
    for (const { driver, volume } of volumes) {
      there.added.set(driver, (there.added.get(driver) ?? 0) + sign);
      this.#hold(there, { driver, volume }, nodeName, sign);
    }
    for (const driver of new Set(volumes.map((one) => one.driver)))
      this.#correct(there, nodeName, driver);
  }

  setNode({ metadata, spec }: CSINode): void {
    const limits = spec.drivers.flatMap(({ name, allocatable }) =>
      allocatable?.count === undefined ? [] : [[name, allocatable.count + 1] as const],
    );
    this.#setLimits(metadata.name, new Map(limits), new Set(spec.drivers.map(({ name }) => name)));
  }

  removeNode(name: string): void {
    this.#setLimits(name, new Map(), new Set());
    this.#tidy(name);
  }

  /** Forgets a node of which nothing is known but its name. */
  #tidy(name: string): void {
    const there = this.#byNode.get(name);
    if (there === undefined || there.limits.size + there.drivers.size > 0) return;
    for (const volumes of there.holders.values()) if (volumes.size > 0) return;
    for (const more of there.corrected.values()) if (more !== 0) return;
    this.#byNode.delete(name);
  }

  #setLimits(
    nodeName: string,
    limits: ReadonlyMap<string, number>,
    drivers: ReadonlySet<string>,
  ): void {
    const there = this.#on(nodeName);
    for (const driver of drivers.symmetricDifference(there.drivers))
      this.#count(this.#installedCounter(driver), nodeName, drivers.has(driver) ? 1 : -1);
    there.drivers = drivers;
    for (const driver of new Set([...there.limits.keys(), ...limits.keys()])) {
      const change = (limits.get(driver) ?? 0) - (there.limits.get(driver) ?? 0);
      if (change !== 0) this.#count(this.#limitCounter(driver), nodeName, change);
    }
    there.limits = limits;
  }

  /** `known`: what its volume is; undefined where there is none. */
  setAttachment({ metadata, spec }: VolumeAttachment, known: Attached | undefined): void {
    this.removeAttachment(metadata.name);
    if (known === undefined || spec.attacher === "") return;
    const attached = { ...known, driver: spec.attacher, nodeName: spec.nodeName };
    this.#attachments.set(metadata.name, attached);
    this.#holdAttachment(attached, 1);
  }

  removeAttachment(name: string): void {
    const known = this.#attachments.get(name);
    if (known === undefined) return;
    this.#attachments.delete(name);
    this.#holdAttachment(known, -1);
  }

  #holdAttachment(attached: Attached & { readonly nodeName: string }, sign: 1 | -1): void {
    const there = this.#on(attached.nodeName);
    this.#hold(there, attached, attached.nodeName, sign);
    this.#correct(there, attached.nodeName, attached.driver);
  }

  /** The node stands in its slot, empty. */
  nodeAdded(nodeName: string): void {
    this.#recount(nodeName, 1);
  }

  /** Its slot is given back; its pods have left. */
  nodeRemoved(nodeName: string): void {
    this.#recount(nodeName, -1);
    this.#tidy(nodeName);
  }

  #recount(nodeName: string, sign: 1 | -1): void {
    const there = this.#byNode.get(nodeName);
    if (there === undefined) return;
    for (const [driver, limit] of there.limits)
      this.#count(this.#limitCounter(driver), nodeName, sign * limit);
    for (const driver of there.drivers) this.#count(this.#installedCounter(driver), nodeName, sign);
    for (const [driver, more] of there.corrected)
      this.#count(this.usedCounter(driver), nodeName, sign * more);
    for (const volumes of there.holders.values()) {
      for (const volume of volumes.keys()) {
        const id = this.#shared.get(volume);
        if (id !== undefined) this.#count(id, nodeName, sign);
      }
    }
  }

  #hold(there: OnNode, { driver, volume }: Attached, nodeName: string, sign: 1 | -1): void {
    const volumes = there.holders.get(driver) ?? new Map<string, number>();
    there.holders.set(driver, volumes);
    const before = volumes.get(volume) ?? 0;
    const now = before + sign;
    if (now === 0) volumes.delete(volume);
    else volumes.set(volume, now);
    if (before !== 0 && now !== 0) return;
    const places = this.#places.get(volume) ?? new Set<string>();
    if (sign > 0) this.#places.set(volume, places.add(nodeName));
    else if (places.delete(nodeName) && places.size === 0) this.#places.delete(volume);
    const id = this.#shared.get(volume);
    if (id !== undefined) this.#count(id, nodeName, sign);
  }

  /** The driver's counter says how many volumes there are, however many hold them. */
  #correct(there: OnNode, nodeName: string, driver: string): void {
    const volumes = there.holders.get(driver)?.size ?? 0;
    const wanted = volumes - (there.added.get(driver) ?? 0);
    const change = wanted - (there.corrected.get(driver) ?? 0);
    if (change === 0) return;
    there.corrected.set(driver, wanted);
    this.#count(this.usedCounter(driver), nodeName, change);
  }

  #count(counter: number, nodeName: string, change: number): void {
    const slot = this.#nodes.slotOf(nodeName);
    if (slot !== undefined) this.#core.calls.count(counter, slot, change);
  }

  #on(nodeName: string): OnNode {
    const known = this.#byNode.get(nodeName);
    if (known !== undefined) return known;
    const counts = { holders: new Map(), added: new Map(), corrected: new Map() };
    const fresh = { ...counts, limits: new Map(), drivers: new Set<string>() };
    this.#byNode.set(nodeName, fresh);
    return fresh;
  }
}
