/** The devices of a random cluster: what the scheduler reads of them, what the oracle does, and what happens to them. */
import type { Node, Pod } from "#gen/api/core/v1.ts";
import type {
  AllocationResult,
  DeviceClass,
  DeviceTaintRule,
  ResourceClaim,
  ResourceSlice,
} from "#gen/api/resource/v1.ts";
import { classesByResource, isExtendedClaimOf } from "#scheduler/devices/extended-resources.ts";
import { DeviceLedger } from "#scheduler/devices/ledger.ts";
import type { DeviceSources } from "#scheduler/devices/plan.ts";
import { SliceIndex } from "#scheduler/devices/slices.ts";
import type { OracleNode } from "./oracle/cluster.ts";
import { allocateOn, DeviceFailure } from "./oracle/device-allocation.ts";
import { amount, type Devices } from "./oracle/devices.ts";
import type { Random } from "./random.ts";
import {
  meaningOfAll,
  randomClaim,
  randomDeviceClasses,
  randomSlices,
  randomTaintRule,
} from "./record/random-devices.ts";

const now = new Date("2026-01-01T00:00:00Z");

/** As many as may be. */
const manyUsers = Array.from({ length: 256 }, (_, index) => ({
  resource: "pods",
  name: `other${index}`,
  uid: `other${index}`,
}));

/** Amounts as numbers, and no share's id: what both sides have in common. */
export function plainResult({ devices, ...rest }: AllocationResult): AllocationResult {
  const results = (devices?.results ?? []).map(({ shareID, consumedCapacity, ...one }) => ({
    ...one,
    ...(shareID === undefined ? {} : { shareID: "some" }),
    ...(consumedCapacity === undefined
      ? {}
      : {
          consumedCapacity: Object.fromEntries(
            Object.entries(consumedCapacity).map(([name, much]) => [
              name,
              String(amount(String(much))),
            ]),
          ),
        }),
  }));
  return { ...rest, devices: { ...devices, results } };
}

export class RandomDevices {
  readonly #r: Random;
  readonly #ledger = new DeviceLedger();
  readonly #claims = new Map<string, ResourceClaim>();
  readonly #rules = new Map<string, DeviceTaintRule>();
  #classes: readonly DeviceClass[];
  #slices: readonly ResourceSlice[] = [];
  #index: SliceIndex | undefined;
  #serial = 0;

  constructor(r: Random) {
    this.#r = r;
    this.#classes = randomDeviceClasses(r);
  }

  readonly sources: DeviceSources = {
    claim: (namespace, name) => this.#claims.get(`${namespace}/${name}`),
    resourceClasses: () => classesByResource(this.#classes),
    extendedClaimOf: (pod) =>
      [...this.#claims.values()].find((claim) => isExtendedClaimOf(pod, claim)),
    classOf: (name) => this.#classes.find(({ metadata }) => metadata.name === name),
    slices: () => {
      this.#index ??= new SliceIndex(this.#slices, [...this.#rules.values()]);
      return this.#index;
    },
    ledger: this.#ledger,
    newId: () => `share-${this.#serial++}`,
    now: () => now,
  };

  get forOracle(): Devices {
    return {
      claims: [...this.#claims.values()],
      classes: this.#classes,
      slices: this.#slices,
      rules: [...this.#rules.values()],
      meaning: meaningOfAll,
      now,
    };
  }

  fill(nodes: readonly Node[]): void {
    this.#setSlices(randomSlices(this.#r, nodes, "p-"));
    if (this.#r.chance(0.3)) this.#setRule();
    for (const namespace of ["red", "green", "blue"]) {
      this.#addClaim(namespace);
      // Some have their devices since long.
      const claim = this.#addClaim(namespace);
      const node = nodes[this.#r.below(nodes.length)];
      if (node !== undefined) this.#allocate(claim, node);
    }
  }

  #setSlices(slices: readonly ResourceSlice[]): void {
    this.#slices = slices;
    this.#index = undefined;
  }

  #setRule(): void {
    const rule = randomTaintRule(this.#r, `rule${this.#r.below(2)}`);
    this.#rules.set(rule.metadata.name, rule);
    this.#index = undefined;
  }

  #addClaim(namespace: string): ResourceClaim {
    const claim = randomClaim(this.#r, namespace, `claim${this.#serial++}`);
    this.#set(claim);
    return claim;
  }

  #set(claim: ResourceClaim): void {
    this.#claims.set(`${claim.metadata.namespace}/${claim.metadata.name}`, claim);
    this.#ledger.set(claim);
  }

  /** As somebody else's scheduler might have done. */
  #allocate(claim: ResourceClaim, node: Node): void {
    try {
      const found = allocateOn(this.forOracle, node, [claim]);
      const allocation = "results" in found ? found.results[0] : undefined;
      if (allocation === undefined) return;
      const late = this.#r.chance(0.5);
      const allocationTimestamp = late ? "2025-12-31T23:40:00Z" : "2025-12-31T23:59:00Z";
      const [first] = allocation.devices?.results ?? [];
      const type = this.#r.pick(["Ready", "Failed", "Other"]);
      const conditions = [
        { type, status: "True" as const, reason: "", message: "", lastTransitionTime: "" },
      ];
      const devices =
        first === undefined
          ? []
          : [{ driver: first.driver, pool: first.pool, device: first.device, conditions }];
      this.#set({
        ...claim,
        status: {
          allocation: { ...allocation, allocationTimestamp },
          devices,
          ...(this.#r.chance(0.1) ? { reservedFor: manyUsers } : {}),
        },
      });
    } catch (error) {
      if (!(error instanceof DeviceFailure)) throw error;
    }
  }

  /** The pod with claims now and then; most of these ask for little else, so that nodes are left to have devices. */
  withClaims(pod: Pod): Pod {
    const claiming = this.#claiming(pod);
    if (claiming === pod || this.#r.chance(0.3)) return claiming;
    const { containers, tolerations, priority, resourceClaims, volumes } = claiming.spec;
    return { ...claiming, spec: { containers, tolerations, priority, resourceClaims, volumes } };
  }

  /** Seldom an attempt before this one has left its claim. */
  #leaveBehind({ metadata: { namespace = "", name, uid = "" } }: Pod): void {
    const claim = this.#addClaim(namespace);
    const annotations = { "resource.kubernetes.io/extended-resource-claim": "true" };
    const ownerReferences = [{ apiVersion: "v1", kind: "Pod", name, uid, controller: true }];
    this.#set({ ...claim, metadata: { ...claim.metadata, annotations, ownerReferences } });
  }

  #claiming(pod: Pod): Pod {
    const r = this.#r;
    if (r.chance(0.02)) this.#leaveBehind(pod);
    if (r.chance(0.3)) return pod;
    const { namespace = "", name } = pod.metadata;
    const own = [...this.#claims.values()].filter(
      ({ metadata }) => metadata.namespace === namespace,
    );
    const some = r.chance(0.4) ? r.some(own, 0.3).slice(0, 2) : [];
    const known = some.map(({ metadata }) => ({
      name: metadata.name,
      resourceClaimName: metadata.name,
    }));
    if (r.chance(0.02)) known.push({ name: "none", resourceClaimName: "missing" });
    if (known.length > 0 && r.chance(0.8))
      return { ...pod, spec: { ...pod.spec, resourceClaims: known } };
    return this.#withTemplate(pod, { namespace, name });
  }

  /** What the controller makes of a template: a claim that is the pod's own. */
  #withTemplate(pod: Pod, { namespace, name }: { namespace: string; name: string }): Pod {
    const resourceClaims = [{ name: "made", resourceClaimTemplateName: "template" }];
    const spec = { ...pod.spec, resourceClaims };
    if (this.#r.chance(0.04)) return { ...pod, spec };
    const claim = this.#addClaim(namespace);
    const uid = this.#r.chance(0.03) ? "somebody" : (pod.metadata.uid ?? name);
    const owner = { apiVersion: "v1", kind: "Pod", name, uid, controller: true };
    this.#set({ ...claim, metadata: { ...claim.metadata, ownerReferences: [owner] } });
    const made = this.#r.chance(0.03) ? {} : { resourceClaimName: claim.metadata.name };
    return {
      ...pod,
      metadata: { ...pod.metadata, uid: pod.metadata.uid ?? name },
      spec,
      status: { ...pod.status, resourceClaimStatuses: [{ name: "made", ...made }] },
    };
  }

  /** The claims of a pod that was placed have their devices from now on. */
  settle(pod: Pod, open: readonly ResourceClaim[], results: readonly AllocationResult[]): void {
    for (const [index, claim] of open.entries()) {
      const allocation = results[index];
      const consumer = { resource: "pods", name: pod.metadata.name, uid: pod.metadata.uid ?? "" };
      if (allocation !== undefined)
        this.#set({ ...claim, status: { allocation, reservedFor: [consumer] } });
    }
  }

  /** The claim that was made for its resources. */
  settleExtended(pod: Pod, { metadata, ...claim }: ResourceClaim, result: AllocationResult): void {
    const name = `${pod.metadata.name}-extended-resources-${this.#serial++}`;
    this.settle(pod, [{ ...claim, metadata: { ...metadata, name, uid: name } }], [result]);
  }

  /** Drivers publish anew, claims go and come, devices are freed and tainted. */
  disturb(nodes: readonly OracleNode["node"][]): void {
    const r = this.#r;
    const claims = [...this.#claims.values()];
    const claim = claims[r.below(claims.length)];
    const what = r.below(7);
    if (what === 0) this.#setSlices(randomSlices(r, nodes, r.chance(0.7) ? "p-" : "q-"));
    else if (what === 1) this.#setRule();
    else if (what === 2 && claim !== undefined) this.#set({ ...claim, status: {} });
    else if (what === 3 && claim !== undefined) {
      this.#claims.delete(`${claim.metadata.namespace}/${claim.metadata.name}`);
      this.#ledger.remove(claim);
    } else if (what === 4 && claim !== undefined) {
      const deletionTimestamp = "2026-01-01T00:00:00Z";
      this.#set({ ...claim, metadata: { ...claim.metadata, deletionTimestamp } });
    } else if (what === 5) this.#classes = randomDeviceClasses(r).slice(r.chance(0.1) ? 1 : 0);
    else if (claim !== undefined && claim.status.allocation === undefined) {
      const node = nodes[r.below(nodes.length)];
      if (node !== undefined) this.#allocate(claim, node);
    }
  }
}
