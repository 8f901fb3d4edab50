/**
 * DynamicResources of one pod: what its claims say of nodes, and, of claims without devices, which devices of each
 * node they would get. Worked out once an attempt, for pods with claims alone.
 */
import type { Pod } from "#gen/api/core/v1.ts";
import type { AllocationResult, DeviceClass, ResourceClaim } from "#gen/api/resource/v1.ts";
import {
  V_DEVICE,
  V_DEVICE_NO_CLASS,
  V_DEVICE_NONE,
  V_DEVICE_POOLS,
  V_DEVICE_STALE,
  V_FILTER,
  V_NODE_QUESTION,
  V_UNRESOLVABLE,
} from "#gen/scheduler-abi.ts";
import { reservedMax } from "#resources/resource/v1/claim-status-validation.ts";
import { digitSets } from "#scheduler/digit-sets.ts";
import type { NodeFacts } from "#scheduler/node-facts.ts";
import { matchesSelector } from "#scheduler/node-match.ts";
import type { NodeTable } from "#scheduler/node-table.ts";
import { type Allocated, allocate } from "./allocate.ts";
import { readinessOf } from "./binding-conditions.ts";
import { type ExtendedNeed, ExtendedNeeds } from "./extended-needs.ts";
import type { ResourceClasses } from "./extended-resources.ts";
import type { DeviceLedger } from "./ledger.ts";
import { type ClaimLookup, claimsOf, isReservedFor } from "./pod-claims.ts";
import { AllocationError, shown } from "./requests.ts";
import type { SliceIndex } from "./slices.ts";

export interface DeviceSources {
  readonly claim: ClaimLookup;
  readonly classOf: (name: string) => DeviceClass | undefined;
  readonly resourceClasses: () => ResourceClasses;
  /** Made for the pod's resources in an attempt that came to nothing. */
  readonly extendedClaimOf: (pod: Pod) => ResourceClaim | undefined;
  readonly slices: () => SliceIndex;
  readonly ledger: DeviceLedger;
  readonly newId: () => string;
  readonly now: () => Date;
}

export interface DevicePlan {
  readonly claims: readonly ResourceClaim[];
  /** Claims that get their devices now, in the order of each node's results. */
  readonly open: readonly ResourceClaim[];
  readonly results: ReadonlyMap<string, readonly AllocationResult[]>;
  /** By node, where devices serve resources of the pod; its allocation is the last of the node's results. */
  readonly extended: ReadonlyMap<string, ExtendedNeed>;
  /** [set that the node must be in, verdict where it is not]. */
  readonly sets: readonly (readonly [set: number, verdict: number])[];
  /** [set, what its nodes score more]. */
  readonly scores: readonly (readonly [set: number, more: number])[];
  /** Claims whose devices nobody uses, and which keep the pod from some node: they may be allocated anew. */
  readonly idle: readonly ResourceClaim[];
  /** A claim for the pod's resources that has to go before another one is made. */
  readonly stale: ResourceClaim | undefined;
  /** Why no node can take the pod. */
  readonly refusal: string | undefined;
  /** A claim, a class or a driver is at fault: the attempt itself fails. */
  readonly error: string | undefined;
}

const empty: Omit<DevicePlan, "claims"> = {
  open: [],
  results: new Map(),
  extended: new Map(),
  sets: [],
  scores: [],
  idle: [],
  stale: undefined,
  refusal: undefined,
  error: undefined,
};

type Verdict = "unavailable" | "cannot" | "invalid" | "stale" | "noClass";

const verdictOf: Readonly<Record<Verdict, number>> = {
  unavailable: V_DEVICE | V_UNRESOLVABLE,
  cannot: V_DEVICE_NONE | V_UNRESOLVABLE,
  invalid: V_DEVICE_POOLS | V_UNRESOLVABLE,
  stale: V_DEVICE_STALE | V_UNRESOLVABLE,
  noClass: V_DEVICE_NO_CLASS | V_UNRESOLVABLE,
};

/** What the other filters say of a node: 0, or a verdict. */
export type Others = (nodeName: string) => number;

export function planDevices(
  pod: Pod,
  sources: DeviceSources,
  nodes: NodeTable,
  others: Others,
): DevicePlan {
  const claims = claimsOf(pod, sources.claim);
  if (typeof claims === "string") return { ...empty, claims: [], refusal: claims };
  const open = claims.filter(({ status }) => status?.allocation === undefined);
  const refusal = refusalOf(pod, claims, sources);
  if (refusal !== undefined) return { ...empty, claims, refusal };
  const verdicts = new Map<string, Verdict>();
  const results = new Map<string, readonly AllocationResult[]>();
  const needs = new ExtendedNeeds(pod, sources);
  const stale = needs.stale;
  const extended = new Map<string, ExtendedNeed>();
  const idle = new Set<ResourceClaim>();
  const now = sources.now();
  const state = { ...sources, slices: sources.slices() };
  for (const node of nodes.facts()) {
    const verdict = others(node.name);
    // Filters that ask pod and node alone come afterwards.
    const isAsked = verdict === 0 || (verdict & V_FILTER) >= (V_NODE_QUESTION & V_FILTER);
    // The leaving of others may let the pod in: then its devices count.
    if (!isAsked && (verdict & V_UNRESOLVABLE) !== 0) continue;
    const need = needs.on(node);
    if (need === "stale" || need === "noClass") {
      verdicts.set(node.name, need);
      continue;
    }
    const wanted = need === undefined ? open : [...open, need.claim];
    const unavailable = claims.filter((claim) => !isAvailable(claim, node, now));
    let found: Allocated = { results: [] };
    try {
      if (wanted.length > 0) found = allocate(state, node, wanted);
    } catch (error) {
      if (!(error instanceof AllocationError)) throw error;
      if (isAsked) return { ...empty, claims, error: error.message };
      found = { refusal: "cannot" };
    }
    if ("refusal" in found) verdicts.set(node.name, found.refusal);
    else if (unavailable.length > 0) {
      verdicts.set(node.name, "unavailable");
      if (isAsked) for (const claim of unavailable) if (isIdle(claim, pod)) idle.add(claim);
    } else {
      results.set(node.name, found.results);
      if (need !== undefined) extended.set(node.name, need);
    }
  }
  const isOpen = open.length > 0 || needs.isAny;
  const scores = isOpen ? scoresOf(claims, { results, nodes, others }) : [];
  const sets = setsOf(verdicts, nodes);
  return { ...empty, claims, open, results, extended, sets, scores, idle: [...idle], stale };
}

/** Upstream's FirstAvailableDeviceRequestMaxSize: what the first alternative is worth. */
const bestAlternative = 8;

/** How good the alternatives are that the claims get. */
function worthOf(claims: readonly ResourceClaim[], results: readonly AllocationResult[]): number {
  let next = 0;
  let sum = 0;
  for (const { spec, status } of claims) {
    const allocation = status?.allocation ?? results[next++];
    const got = new Set((allocation?.devices?.results ?? []).map(({ request }) => request));
    for (const { name, firstAvailable = [] } of spec.devices?.requests ?? [])
      for (const [index, one] of firstAvailable.entries())
        if (got.has(`${name}/${one.name}`)) sum += bestAlternative - index;
  }
  return sum;
}

/** As upstream: of the nodes that fit, the best has 100. */
function scoresOf(
  claims: readonly ResourceClaim[],
  {
    results,
    nodes,
    others,
  }: Pick<DevicePlan, "results"> & { readonly nodes: NodeTable; readonly others: Others },
): DevicePlan["scores"] {
  const fitting = [...results].filter(([name]) => others(name) === 0);
  const worth = new Map(fitting.map(([name, got]) => [name, worthOf(claims, got)]));
  const most = Math.max(0, ...worth.values());
  // All alike.
  if (most === 0) return [];
  const scores = new Map([...worth].map(([name, sum]) => [name, Math.trunc((100 * sum) / most)]));
  const signature = `devices score ${JSON.stringify([...scores].sort())}`;
  return digitSets(nodes, signature, ({ name }) => scores.get(name) ?? 0);
}

/** Nobody but this pod has it. */
function isIdle(claim: ResourceClaim, pod: Pod): boolean {
  const { reservedFor = [] } = claim.status;
  return reservedFor.length === 0 || (reservedFor.length === 1 && isReservedFor(claim, pod));
}

function refusalOf(
  pod: Pod,
  claims: readonly ResourceClaim[],
  sources: DeviceSources,
): string | undefined {
  for (const claim of claims) {
    const { allocation, reservedFor = [] } = claim.status ?? {};
    if (allocation !== undefined) {
      if (reservedFor.length < reservedMax || isReservedFor(claim, pod)) continue;
      return "resourceclaim in use";
    }
    if (sources.ledger.isPending(claim.metadata.uid ?? ""))
      return `resource claim ${shown(claim)} is in the process of being allocated`;
    for (const { name, exactly, firstAvailable = [] } of claim.spec.devices?.requests ?? []) {
      const asked =
        exactly === undefined
          ? firstAvailable.map((one) => [`${name}/${one.name}`, one.deviceClassName])
          : [[name, exactly.deviceClassName]];
      for (const [request, deviceClass = ""] of asked)
        if (sources.classOf(deviceClass) === undefined)
          return `request ${request}: device class ${deviceClass} does not exist`;
    }
  }
  return undefined;
}

function isAvailable(claim: ResourceClaim, node: NodeFacts, now: Date): boolean {
  const allocation = claim.status?.allocation;
  if (allocation === undefined) return true;
  const { nodeSelector } = allocation;
  if (nodeSelector !== undefined && !matchesSelector(nodeSelector, node)) return false;
  return readinessOf(claim, now) !== "failed";
}

/** One set a verdict: equal for pods that the same nodes refuse, whatever their claims. */
function setsOf(verdicts: ReadonlyMap<string, Verdict>, nodes: NodeTable): DevicePlan["sets"] {
  const refused = new Map<Verdict, Set<string>>();
  for (const [name, verdict] of verdicts)
    refused.set(verdict, (refused.get(verdict) ?? new Set()).add(name));
  return [...refused].map(([verdict, names]) => {
    const signature = `devices ${verdict} ${JSON.stringify([...names].sort())}`;
    const set = nodes.setId(signature, ({ name }) => !names.has(name));
    return [set, verdictOf[verdict]] as const;
  });
}
