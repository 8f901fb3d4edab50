/**
 * A pod's spec as placement reads it, interned: pods of one template share one shape. What a placed pod adds
 * to its node (requests, host ports, terms that others must heed) is known at once; what it asks for itself
 * is compiled when it is first scheduled (classes.ts).
 */
import type { Pod, PodAffinityTerm, PodSpec } from "#gen/api/core/v1.ts";
import { claimNamesOf } from "#resources/core/v1/pod-claims.ts";
import { type Attached, attachedVolume } from "./attached-volumes.ts";
import type { Counters } from "./counters.ts";
import { disksOf } from "./disks.ts";
import { hostPorts } from "./host-ports.ts";
import type { LabelSets } from "./label-sets.ts";
import type { NodeTable } from "./node-table.ts";
import { pinnedName, withoutPin } from "./pin.ts";
import { faultOf } from "./pod-faults.ts";
import {
  type Amounts,
  hasPodLevelRequests,
  incomingScoringRequests,
  placedScoringRequests,
  podRequests,
  resizedAmounts,
} from "./pod-requests.ts";
import { type Labels, type Predicate, termPredicate } from "./predicate.ts";
import { type ClaimQuestion, isLike, type Model, modelOf, shapeKey } from "./shape-key.ts";

/** A term of placed pods that newcomers must heed. */
export interface HeldTerm {
  readonly id: number;
  readonly kind: "anti" | "attraction" | "hard";
  readonly topologyKey: string;
  readonly predicate: Predicate;
  /** Counter of its holders (of their weights, for attraction; required affinity is "hard"). */
  readonly counter: number;
}

export interface PodShape {
  readonly id: number;
  /** Equal for pods of one shape, also when it was forgotten in between. */
  readonly key: string;
  readonly spec: PodSpec;
  /** Why no node is asked for it, in words. */
  readonly fault: string | undefined;
  /** Of the first pod of the shape: that of all where the spec reads it. */
  readonly namespace: string;
  /** Those that matchLabelKeys and mismatchLabelKeys read, at least. */
  readonly labels: Labels;
  /** [resource id, amount] of every request above zero. */
  readonly requests: readonly (readonly [resource: number, amount: number])[];
  readonly requestNames: readonly string[];
  readonly cpu: number;
  readonly memory: number;
  readonly scoringCpu: number;
  readonly scoringMemory: number;
  /** As the filter and the balance see them. */
  readonly amounts: Amounts;
  /** As NodeResourcesFit's score sees them, where it comes as something else than it counts once it is there. */
  readonly incomingScoring: Amounts;
  readonly comesAsItStays: boolean;
  readonly attached: readonly Attached[];
  /** [counter id, delta] of ports, volumes and held terms. */
  readonly held: readonly (readonly [counter: number, delta: number])[];
}

interface Parts {
  readonly nodes: NodeTable;
  readonly counters: Counters;
  readonly labelSets: LabelSets;
}

interface Recent {
  readonly model: Model;
  readonly shape: PodShape;
}

const noFacts = { exclusive: false, attached: undefined };
/** Models of one image, and images that have any. */
const recentMax = 8;
const imagesMax = 1024;

export class PodShapes {
  readonly #claimFacts: ClaimQuestion;
  readonly #nodes: NodeTable;
  readonly #counters: Counters;
  readonly #labelSets: LabelSets;
  readonly #shapes = new Map<string, PodShape>();
  /** First image -> pods met last. */
  readonly #recent = new Map<string, Recent[]>();
  readonly #terms = new Map<number, HeldTerm>();
  readonly #termIds = new Map<string, HeldTerm>();
  #made = 0;
  /** Terms met so far. */
  termsMet = 0;

  constructor({ nodes, counters, labelSets }: Parts, claimFacts: ClaimQuestion = () => noFacts) {
    this.#claimFacts = claimFacts;
    this.#nodes = nodes;
    this.#counters = counters;
    this.#labelSets = labelSets;
  }

  get size(): number {
    return this.#shapes.size;
  }

  term(id: number): HeldTerm | undefined {
    return this.#terms.get(id);
  }

  /** Forgets all shapes but these, and the terms that nobody holds; `held`: counters that somebody does. */
  collect(shapes: ReadonlySet<PodShape>, held: ReadonlySet<number>): void {
    for (const [key, shape] of this.#shapes) if (!shapes.has(shape)) this.#shapes.delete(key);
    this.#recent.clear();
    for (const [name, { id, counter }] of this.#termIds) {
      if (held.has(counter)) continue;
      this.#termIds.delete(name);
      this.#terms.delete(id);
    }
  }

  /** `placed`: where it stands is no part of what it asks. */
  intern(given: Pod, placed = false): PodShape {
    const isPinned = pinnedName(given.spec) !== undefined;
    const pod = isPinned ? { ...given, spec: withoutPin(given.spec) } : given;
    const { spec } = pod;
    const nodeName = placed ? undefined : spec.nodeName;
    const resized = resizedAmounts(pod);
    if (resized !== undefined) return this.#find(pod, nodeName, { placed, resized });
    const image = spec.containers[0]?.image ?? "";
    const recent = this.#recent.get(image);
    if (recent !== undefined) {
      for (const { model, shape } of recent) if (isLike(model, pod, nodeName)) return shape;
    }
    const shape = this.#find(pod, nodeName, { placed, resized });
    const model = modelOf(pod, nodeName);
    if (model === undefined) return shape;
    if (recent === undefined) {
      if (this.#recent.size >= imagesMax) this.#recent.clear();
      this.#recent.set(image, [{ model, shape }]);
    } else if (recent.push({ model, shape }) > recentMax) recent.shift();
    return shape;
  }

  #find(
    pod: Pod,
    nodeName: string | undefined,
    { placed, resized }: { readonly placed: boolean; readonly resized: unknown },
  ): PodShape {
    const key = shapeKey(pod, this.#claimFacts, nodeName, resized);
    const known = this.#shapes.get(key);
    if (known !== undefined) return known;
    const own = placed ? { ...pod, spec: { ...pod.spec, nodeName: undefined } } : pod;
    const shape = this.#read(own, this.#made++, key);
    this.#shapes.set(key, shape);
    return shape;
  }

  #read(pod: Pod, id: number, key: string): PodShape {
    const { spec, metadata } = pod;
    const requests = [...podRequests(pod)].filter(([name, n]) => n > 0 && name !== "pods");
    const scoring = placedScoringRequests(pod);
    const real = new Map(requests);
    const namespace = metadata.namespace ?? "";
    const claims = [...new Set(claimNamesOf(pod))];
    const volumes = [
      ...claims.map((name) => this.#claimFacts(namespace, name).attached),
      ...(spec.volumes ?? []).map((volume) => attachedVolume(volume)),
    ];
    // A pod attaches a volume once, however often it names it.
    const byName = new Map(volumes.flatMap((one) => (one ? [[one.volume, one] as const] : [])));
    const attached = [...byName.values()];
    return {
      id,
      key,
      attached,
      fault: faultOf(spec),
      spec,
      namespace,
      labels: metadata.labels ?? {},
      requests: requests.map(([name, amount]) => [this.#nodes.resource(name), amount]),
      requestNames: requests.map(([name]) => name),
      cpu: real.get("cpu") ?? 0,
      memory: real.get("memory") ?? 0,
      amounts: real,
      incomingScoring: incomingScoringRequests(pod),
      comesAsItStays: !hasPodLevelRequests(pod),
      scoringCpu: scoring.get("cpu") ?? 0,
      scoringMemory: scoring.get("memory") ?? 0,
      held: [
        ...hostPorts(spec).flatMap(({ protocol, port, ip }) => [
          [this.#portCounter(protocol, port, "any"), 1] as const,
          [this.#portCounter(protocol, port, ip), 1] as const,
        ]),
        ...disksOf(spec).flatMap(({ id, readOnly }) => [
          [this.#diskCounter(id, "any"), 1] as const,
          ...(readOnly ? [] : [[this.#diskCounter(id, "writer"), 1] as const]),
        ]),
        ...attached.map(
          ({ driver }) => [this.#counters.named(`attached ${driver}`).id, 1] as const,
        ),
        ...claims
          .filter((name) => this.#claimFacts(namespace, name).exclusive)
          .map((name) => [this.claimCounter(namespace, name), 1] as const),
        ...this.#heldTerms(spec, namespace, metadata.labels ?? {}),
      ],
    };
  }

  /** Counters of the ports that stand in the way of the pod's own. */
  conflicts(spec: PodSpec): number[] {
    return hostPorts(spec).flatMap(({ protocol, port, ip }) =>
      ip === "0.0.0.0"
        ? [this.#portCounter(protocol, port, "any")]
        : [this.#portCounter(protocol, port, ip), this.#portCounter(protocol, port, "0.0.0.0")],
    );
  }

  /** Counters of the disk users that the pod's own disks do not bear. */
  diskConflicts(spec: PodSpec): number[] {
    return disksOf(spec).map(({ id, readOnly }) =>
      this.#diskCounter(id, readOnly ? "writer" : "any"),
    );
  }

  #diskCounter(id: string, who: "any" | "writer"): number {
    return this.#counters.ofHolders(`disk ${id} ${who}`).id;
  }

  /** Counts the pods that use a claim. */
  claimCounter(namespace: string, name: string): number {
    return this.#counters.ofHolders(`claim ${namespace}/${name}`).id;
  }

  #portCounter(protocol: string, port: number, ip: string): number {
    return this.#counters.ofHolders(`port ${protocol} ${port} ${ip}`).id;
  }

  *#heldTerms(
    spec: PodSpec,
    namespace: string,
    labels: Labels,
  ): Iterable<readonly [number, number]> {
    const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
    const hold = (kind: HeldTerm["kind"], term: PodAffinityTerm) =>
      this.#holdTerm(kind, term.topologyKey, termPredicate(term, namespace, labels));
    for (const term of podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
      yield [hold("anti", term), 1];
    }
    for (const term of podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) {
      yield [hold("hard", term), 1];
    }
    for (const {
      weight,
      podAffinityTerm,
    } of podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
      yield [hold("attraction", podAffinityTerm), weight];
    }
    for (const {
      weight,
      podAffinityTerm,
    } of podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
      yield [hold("attraction", podAffinityTerm), -weight];
    }
  }

  #holdTerm(kind: HeldTerm["kind"], topologyKey: string, predicate: Predicate): number {
    const name = `${kind} ${topologyKey} ${predicate.signature}`;
    const known = this.#termIds.get(name);
    if (known !== undefined) return known.counter;
    const counter = this.#counters.ofHolders(name).id;
    const term = { id: this.termsMet++, kind, topologyKey, predicate, counter };
    this.#terms.set(term.id, term);
    this.#termIds.set(name, term);
    this.#labelSets.addTerm({ predicate, id: term.id });
    return counter;
  }
}
