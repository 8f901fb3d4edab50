/** Which pods a selector, a term or several terms count: a question on (namespace, labels), by signature. */
import { matches, type Selector, selectorFromLabelSelector } from "#apimachinery/labels.ts";
import type { PodAffinityTerm, TopologySpreadConstraint } from "#gen/api/core/v1.ts";
import type { LabelSelector } from "#gen/api/meta/v1.ts";
import { type Anchor, anchorLabel } from "./label-index.ts";

export type Labels = Readonly<Record<string, string>>;

/** A pod as selectors see it. */
export interface Subject {
  readonly namespace: string;
  readonly labels: Labels;
  /** Of its namespace. */
  readonly namespaceLabels: Labels;
}

export interface Predicate {
  /** Equal signatures ask the same. */
  readonly signature: string;
  /** Pods under deletion are not counted (PodTopologySpread). */
  readonly liveOnly: boolean;
  /** Reads namespace labels. */
  readonly readsNamespaces: boolean;
  readonly matches: (subject: Subject) => boolean;
  /** What it demands of all that it matches. */
  readonly anchor: Anchor;
}

function readSelector(selector: LabelSelector | undefined): Selector {
  try {
    return selectorFromLabelSelector(selector);
  } catch {
    // Nothing but a server without validation lets it in; it selects nothing.
    return "nothing";
  }
}

/** The pod's own values of the keys, as further requirements. */
function withOwnLabels(
  selector: Selector,
  keys: { readonly equal: readonly string[]; readonly unequal: readonly string[] },
  labels: Labels,
): Selector {
  const more = [
    ...keys.equal.map((key) => ({ key, operator: "in" as const })),
    ...keys.unequal.map((key) => ({ key, operator: "notin" as const })),
  ].flatMap(({ key, operator }) => {
    const value = labels[key];
    return value === undefined ? [] : [{ key, operator, values: [value] }];
  });
  return selector === "nothing" || more.length === 0 ? selector : [...selector, ...more];
}

/** What a spread constraint counts, and whether the pod itself is of that kind. */
export function spreadPredicate(
  constraint: TopologySpreadConstraint,
  namespace: string,
  labels: Labels,
): { readonly predicate: Predicate; readonly self: boolean } {
  const equal = constraint.matchLabelKeys ?? [];
  const absent = constraint.labelSelector === undefined;
  // Upstream: keys without a selector stand alone.
  const base = absent && equal.some((key) => labels[key] !== undefined) ? [] : undefined;
  const selector = withOwnLabels(
    base ?? readSelector(constraint.labelSelector),
    { equal, unequal: [] },
    labels,
  );
  // Upstream counts no pod for a selector that selects all, though the pod matches itself.
  const counted = selector !== "nothing" && selector.length === 0 ? "nothing" : selector;
  return { predicate: selectorPredicate(counted, namespace), self: matches(selector, labels) };
}

/** Pods of one namespace by selector, those under deletion left out. */
export function selectorPredicate(selector: Selector, namespace: string): Predicate {
  return {
    signature: `spread ${namespace} ${JSON.stringify(selector)}`,
    liveOnly: true,
    readsNamespaces: false,
    matches: (subject) => subject.namespace === namespace && matches(selector, subject.labels),
    anchor: { namespaces: [namespace], label: anchorLabel(selector) },
  };
}

/** What an affinity term of a pod with these labels selects. */
export function termPredicate(term: PodAffinityTerm, namespace: string, labels: Labels): Predicate {
  const selector = withOwnLabels(
    readSelector(term.labelSelector),
    { equal: term.matchLabelKeys ?? [], unequal: term.mismatchLabelKeys ?? [] },
    labels,
  );
  const listed = term.namespaces ?? [];
  const own = listed.length === 0 && term.namespaceSelector === undefined;
  const names = own ? [namespace] : [...listed].sort();
  const namespaces = own ? "nothing" : readSelector(term.namespaceSelector);
  return {
    signature: `term ${JSON.stringify([names, namespaces, selector])}`,
    liveOnly: false,
    readsNamespaces: namespaces !== "nothing" && namespaces.length > 0,
    matches: (subject) =>
      (names.includes(subject.namespace) || matches(namespaces, subject.namespaceLabels)) &&
      matches(selector, subject.labels),
    anchor: {
      namespaces: namespaces === "nothing" ? names : undefined,
      label: anchorLabel(selector),
    },
  };
}

/** Pods that all of the predicates select. */
export function allPredicate(predicates: readonly Predicate[]): Predicate {
  const [only] = predicates;
  if (predicates.length === 1 && only !== undefined) return only;
  return {
    signature: `all ${predicates.map((predicate) => predicate.signature).join(" && ")}`,
    liveOnly: false,
    readsNamespaces: predicates.some((predicate) => predicate.readsNamespaces),
    matches: (subject) => predicates.every((predicate) => predicate.matches(subject)),
    anchor: only?.anchor ?? { namespaces: undefined, label: undefined },
  };
}
