/** What a pod's extended resources need of each node: a claim of devices, where devices serve them there. */
import type { ContainerExtendedResourceRequest, Pod } from "#gen/api/core/v1.ts";
import type { ResourceClaim } from "#gen/api/resource/v1.ts";
import type { NodeFacts } from "#scheduler/node-facts.ts";
import {
  deviceNeed,
  extendedClaim,
  type ResourceClasses,
  requestedDevices,
} from "./extended-resources.ts";

export interface ExtendedNeed {
  /** Not made yet. */
  readonly claim: ResourceClaim;
  readonly mappings: readonly ContainerExtendedResourceRequest[];
}

interface Sources {
  readonly resourceClasses: () => ResourceClasses;
  readonly extendedClaimOf: (pod: Pod) => ResourceClaim | undefined;
  readonly newId: () => string;
}

export class ExtendedNeeds {
  readonly #pod: Pod;
  readonly #classes: ResourceClasses;
  /** What the pod requests that may be devices; none as long as no class stands for any of it. */
  readonly #requested: readonly string[];
  /** Nodes that serve the same by devices need the same. */
  readonly #known = new Map<string, ExtendedNeed>();
  /** One pod has one claim, wherever it goes. */
  readonly #uid: string;
  readonly stale: ResourceClaim | undefined;
  /** Does a class stand for anything that it requests? */
  readonly isAny: boolean;

  constructor(pod: Pod, sources: Sources) {
    this.#pod = pod;
    this.#classes = sources.resourceClasses();
    const requested = this.#classes.size === 0 ? [] : requestedDevices(pod);
    this.isAny = requested.some((name) => this.#classes.has(name));
    this.#requested = this.isAny ? requested : [];
    this.#uid = this.isAny ? sources.newId() : "";
    this.stale = this.isAny ? sources.extendedClaimOf(pod) : undefined;
  }

  /** undefined: the node serves all by itself. */
  on({ allocatable }: NodeFacts): ExtendedNeed | "stale" | "noClass" | undefined {
    if (this.stale !== undefined) return "stale";
    if (this.#requested.some((name) => !this.#classes.has(name) && !allocatable.has(name)))
      return "noClass";
    const served = this.#requested.filter(
      (name) => this.#classes.has(name) && (allocatable.get(name) ?? 0) === 0,
    );
    return served.length === 0 ? undefined : this.#needOf(served);
  }

  #needOf(served: readonly string[]): ExtendedNeed {
    const key = served.join();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const { requests, mappings } = deviceNeed(this.#pod, served, this.#classes);
    const need = { claim: extendedClaim(this.#pod, requests, this.#uid), mappings };
    this.#known.set(key, need);
    return need;
  }
}
