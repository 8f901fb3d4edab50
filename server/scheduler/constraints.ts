/** A pod's spread constraints and affinity terms, as the lists of numbers that a class holds. */
import { matches, type Selector } from "#apimachinery/labels.ts";
import type { PodAffinityTerm, PodSpec, TopologySpreadConstraint } from "#gen/api/core/v1.ts";
import { ATTRACTION, COUNTER, DOMAIN, LOCAL, OPEN, VALUE } from "#gen/scheduler-abi.ts";
import type { Aggregate, Counters } from "./counters.ts";
import type { LabelSet } from "./label-sets.ts";
import type { NodeFilters } from "./node-filter.ts";
import type { Counter } from "./node-table.ts";
import type { PodShape, PodShapes } from "./pod-shape.ts";
import {
  allPredicate,
  type Predicate,
  selectorPredicate,
  spreadPredicate,
  termPredicate,
} from "./predicate.ts";
import type { Profile } from "./profile.ts";
import type { Topologies } from "./topologies.ts";
import type { VolumeLists } from "./volume-lists.ts";

/** T_AGGREGATE, T_KIND, T_FEATURE, T_NUMBER, T_SELF, T_MIN_DOMAINS; of LOCAL ones counter and topology instead. */
type Constraint = readonly [number, number, number, number, number, number];

const hostname = "kubernetes.io/hostname";
/** System default spreading: both soft. */
const defaultSpread = [
  { topologyKey: hostname, maxSkew: 3 },
  { topologyKey: "topology.kubernetes.io/zone", maxSkew: 5 },
];

/** The features of one class, each once; see FEATURE_BYTES for the form. */
export class Features {
  readonly numbers: number[] = [];
  readonly #known = new Map<string, number>();

  index(kind: number, id = 0, topology = 0): number {
    const key = `${kind} ${id} ${topology}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const index = this.#known.size;
    this.#known.set(key, index);
    this.numbers.push(kind, id, topology);
    return index;
  }

  get count(): number {
    return this.#known.size;
  }
}

interface Parts {
  readonly counters: Counters;
  readonly topologies: Topologies;
  readonly filters: NodeFilters;
  readonly shapes: PodShapes;
}

export interface Subject {
  readonly shape: PodShape;
  readonly labelSet: LabelSet;
  /** Of matching Services and the owner; undefined: no system default spreading. */
  readonly defaultSelector: Selector | undefined;
  readonly profile: Profile;
  readonly priority: number;
  /** undefined: the pod uses none that matter. */
  readonly volumes: VolumeLists | undefined;
}

export interface ConstraintLists {
  readonly hard: readonly Constraint[];
  readonly soft: readonly Constraint[];
  readonly softNeedsKeys: boolean;
  readonly affinity: readonly Constraint[];
  readonly affinitySelf: boolean;
  readonly anti: readonly Constraint[];
  readonly existing: readonly Constraint[];
  readonly attractions: readonly Constraint[];
  readonly attractionFeature: number;
}

/** Registers what the pod counts; call before its label set's signature is read. */
export function registerCounters(
  { counters }: Parts,
  { shape, labelSet, defaultSelector }: Subject,
): void {
  const { spec, namespace } = shape;
  for (const constraint of spec.topologySpreadConstraints ?? []) {
    counters.ofPredicate(spreadPredicate(constraint, namespace, shape.labels).predicate);
  }
  if (defaultSelector !== undefined) {
    counters.ofPredicate(selectorPredicate(defaultSelector, labelSet.namespace));
  }
  const terms = termsOf(shape);
  if (terms.required.length > 0)
    counters.ofPredicate(allPredicate(terms.required.map((t) => t.predicate)));
  for (const { predicate } of [...terms.anti, ...terms.preferred]) counters.ofPredicate(predicate);
}

export function constraintLists(
  parts: Parts,
  subject: Subject,
  features: Features,
): ConstraintLists {
  const placed = (aggregate: Aggregate, numbers: readonly [number, number, number]): Constraint => {
    const kind = aggregate.topology.unique ? VALUE : DOMAIN;
    const id = kind === VALUE ? aggregate.record : 0;
    const feature = features.index(kind, id, aggregate.topology.id);
    return [aggregate.record, kind, feature, ...numbers];
  };
  const { counters, topologies } = parts;
  // Where each domain is one node, a term is settled with the node's own pods: nothing is summed up.
  const settled = (counter: Counter, key: string, number: number): Constraint => {
    const topology = topologies.intern(key);
    if (topology.unique) return [counter.id, LOCAL, topology.id, number, 0, 0];
    return placed(counters.aggregate(counter, topology, undefined), [number, 0, 0]);
  };
  const own = ({ predicate, key }: Term, number: number) =>
    settled(counters.ofPredicate(predicate), key, number);
  const summed = (predicate: Predicate, key: string) =>
    counters.aggregate(counters.ofPredicate(predicate), topologies.intern(key), undefined);
  const terms = termsOf(subject.shape);
  const all =
    terms.required.length === 0 ? undefined : allPredicate(terms.required.map((t) => t.predicate));
  const held = subject.labelSet.terms.flatMap((id) => parts.shapes.term(id) ?? []);
  const others = ({ counter, topologyKey }: (typeof held)[number], number: number) =>
    settled(counters.byId(counter), topologyKey, number);
  const { profile } = subject;
  const refuses = profile.filters.has("InterPodAffinity");
  const deaf = profile.ignorePreferredTermsOfExistingPods && terms.preferred.length === 0;
  const weights = { anti: 0, attraction: 1, hard: profile.hardPodAffinityWeight };
  const drawn = profile.weights.InterPodAffinity > 0 && !deaf;
  const attractions = [
    ...terms.preferred.map((term) => own(term, term.weight)),
    ...held
      .filter(({ kind }) => weights[kind] !== 0)
      .map((term) => others(term, weights[term.kind])),
  ].filter(() => drawn);
  return {
    ...spreadLists(parts, subject, features, placed),
    affinity: (refuses ? terms.required : []).flatMap((term) =>
      all === undefined ? [] : [placed(summed(all, term.key), [0, 0, 0])],
    ),
    affinitySelf: all?.matches(subject.labelSet) ?? false,
    anti: (refuses ? terms.anti : []).map((term) => own(term, 0)),
    existing: held.filter((term) => refuses && term.kind === "anti").map((term) => others(term, 0)),
    attractions,
    attractionFeature: attractions.some(([, kind]) => kind === LOCAL)
      ? features.index(ATTRACTION)
      : -1,
  };
}

function spreadLists(
  parts: Parts,
  subject: Subject,
  features: Features,
  placed: (aggregate: Aggregate, numbers: readonly [number, number, number]) => Constraint,
): Pick<ConstraintLists, "hard" | "soft" | "softNeedsKeys"> {
  const { shape, labelSet, defaultSelector, profile } = subject;
  const own = spreadOf(subject);
  const given = (shape.spec.topologySpreadConstraints ?? []).length > 0;
  const predicate = (constraint: TopologySpreadConstraint) =>
    given || defaultSelector === undefined
      ? spreadPredicate(constraint, shape.namespace, shape.labels).predicate
      : selectorPredicate(defaultSelector, labelSet.namespace);
  const countsSelf = (constraint: TopologySpreadConstraint) =>
    given || defaultSelector === undefined
      ? spreadPredicate(constraint, shape.namespace, labelSet.labels).self
      : matches(defaultSelector, labelSet.labels);
  const sum = (constraint: TopologySpreadConstraint, counted: Predicate, keys: readonly string[]) =>
    parts.counters.aggregate(
      parts.counters.ofPredicate(counted),
      parts.topologies.intern(constraint.topologyKey),
      inclusion(parts.filters, shape.spec, constraint, keys),
    );
  const soft = (
    constraint: TopologySpreadConstraint,
    counted: Predicate,
    keys: readonly string[],
  ) => {
    if (constraint.topologyKey !== hostname) {
      return placed(sum(constraint, counted, keys), [constraint.maxSkew, 0, 0]);
    }
    const { id } = parts.counters.ofPredicate(counted);
    const feature = features.index(COUNTER, id, parts.topologies.intern(hostname).id);
    return [0, COUNTER, feature, constraint.maxSkew, 0, 0] as const;
  };
  // Upstream counts nodes without the label as those of the empty value, but only for the system's constraints.
  const systemSoft = (constraint: TopologySpreadConstraint, counted: Predicate) => {
    const { counters, topologies } = parts;
    const topology = topologies.intern(constraint.topologyKey);
    if (constraint.topologyKey === hostname || !topology.hasEmpty)
      return soft(constraint, counted, []);
    const filter = inclusion(parts.filters, shape.spec, constraint, []);
    const open = topologies.intern(constraint.topologyKey, true);
    const { record } = counters.aggregate(counters.ofPredicate(counted), open, filter);
    // The domain is the open topology's, the label the other's.
    const feature = features.index(OPEN, topology.id, open.id);
    return [record, OPEN, feature, constraint.maxSkew, 0, 0] as const;
  };
  const hards = own.filter((constraint) => constraint.whenUnsatisfiable === "DoNotSchedule");
  const softs = own.filter((constraint) => constraint.whenUnsatisfiable === "ScheduleAnyway");
  const hardKeys = hards.map((constraint) => constraint.topologyKey);
  const softKeys = softs.map((constraint) => constraint.topologyKey);
  const system =
    profile.defaultConstraints === undefined && own.length === 0 && defaultSelector !== undefined;
  return {
    hard: (profile.filters.has("PodTopologySpread") ? hards : []).map((constraint) => {
      const numbers = [
        constraint.maxSkew,
        countsSelf(constraint) ? 1 : 0,
        constraint.minDomains ?? 1,
      ] as const;
      return placed(sum(constraint, predicate(constraint), hardKeys), numbers);
    }),
    soft: system
      ? defaultSpread.map(({ topologyKey, maxSkew }) =>
          systemSoft(
            { topologyKey, maxSkew, whenUnsatisfiable: "ScheduleAnyway" },
            selectorPredicate(defaultSelector, labelSet.namespace),
          ),
        )
      : softs.map((constraint) => soft(constraint, predicate(constraint), softKeys)),
    softNeedsKeys: !system,
  };
}

/** The pod's own constraints, or those that the profile lists for pods that Services or owners select. */
function spreadOf({ shape, defaultSelector, profile }: Subject): TopologySpreadConstraint[] {
  const own = shape.spec.topologySpreadConstraints ?? [];
  if (own.length > 0 || defaultSelector === undefined) return [...own];
  return [...(profile.defaultConstraints ?? [])];
}

function inclusion(
  filters: NodeFilters,
  spec: PodSpec,
  { nodeAffinityPolicy, nodeTaintsPolicy }: TopologySpreadConstraint,
  keys: readonly string[],
) {
  return filters.intern(
    nodeAffinityPolicy === "Ignore" ? undefined : spec,
    nodeTaintsPolicy === "Honor" ? (spec.tolerations ?? []) : undefined,
    keys,
  );
}

interface Term {
  readonly key: string;
  readonly predicate: Predicate;
}

function termsOf({ spec, namespace, labels }: PodShape) {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  const read = (term: PodAffinityTerm): Term => ({
    key: term.topologyKey,
    predicate: termPredicate(term, namespace, labels),
  });
  const required = podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const anti = podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const near = podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const far = podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  return {
    required: required.map(read),
    anti: anti.map(read),
    preferred: [
      ...near.map(({ weight, podAffinityTerm }) => ({ ...read(podAffinityTerm), weight })),
      ...far.map(({ weight, podAffinityTerm }) => ({ ...read(podAffinityTerm), weight: -weight })),
    ],
  };
}
