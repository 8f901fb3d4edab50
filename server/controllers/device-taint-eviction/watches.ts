import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { Informer } from "#client/informer.ts";
import { keyOf, objectKey, splitKey } from "#client/store.ts";
import type { Controller, WatchContext } from "#controllers/controller.ts";
import type { Effect } from "#controllers/effects.ts";
import { type Pod, pods } from "#gen/api/core/v1.ts";
import {
  type DeviceTaintRule,
  devicetaintrules,
  type ResourceClaim,
  type ResourceSlice,
  resourceclaims,
  resourceslices,
} from "#gen/api/resource/v1.ts";
import { resourceClaimNamesOf } from "#resources/core/v1/pod-claims.ts";
import { rulesOver } from "#resources/resource/v1/device-taints.ts";
import { currentSlices, podEviction, type Tainting } from "./evictions.ts";
import { reconcile } from "./reconcile.ts";
import { type RuleCounts, reconcileRule, ruleStatusSeconds } from "./rule-status.ts";

const name = "device-taint-eviction-controller";
const byClaim = "claim of devices";
const podPrefix = "pod:";
const rulePrefix = "rule:";

const claimsOf = (pod: Pod): readonly string[] =>
  resourceClaimNamesOf(pod).map((claim) => objectKey(pod.metadata.namespace ?? "", claim));

/** What evicts, by device. */
const taintsOf = ({ spec }: ResourceSlice) =>
  (spec.devices ?? []).flatMap(({ name: device, taints = [] }) =>
    taints.filter(({ effect }) => effect === "NoExecute").map((taint) => ({ device, taint })),
  );

const isTainted = (slice: ResourceSlice): boolean => taintsOf(slice).length > 0;

class DeviceTaints {
  readonly #context: WatchContext;
  readonly #users: Informer<Pod>;
  readonly #claims: Informer<ResourceClaim>;
  readonly #slices: Informer<ResourceSlice>;
  readonly #rules: Informer<DeviceTaintRule>;
  /** Until a slice changes: most clusters have many and taint none. */
  #tainted: readonly ResourceSlice[] | undefined;
  /** Uids of pods that are to be evicted later. */
  readonly #pending = new Set<string>();
  /** By uid of the rule, the uids of the pods that went because of it. */
  readonly #evicted = new Map<string, Set<string>>();

  constructor(context: WatchContext) {
    const { informers } = context;
    this.#context = context;
    this.#users = informers.of(pods, { [byClaim]: claimsOf });
    this.#claims = informers.of(resourceclaims);
    this.#slices = informers.of(resourceslices);
    this.#rules = informers.of(devicetaintrules);
  }

  subscribe(): void {
    const { enqueue } = this.#context;
    const lookAtPod = (pod: Pod): void => {
      if ((pod.spec.resourceClaims ?? []).length > 0) enqueue(podPrefix + keyOf(pod));
    };
    const lookAtUsers = (claim: ResourceClaim): void =>
      this.#users.byIndex(byClaim, keyOf(claim)).forEach(lookAtPod);
    const lookAtAll = (): void => this.#claims.list().forEach(lookAtUsers);
    const slicesChanged = (concernsPods: boolean): void => {
      this.#tainted = undefined;
      if (concernsPods) lookAtAll();
    };
    this.#users.onChange({
      added: lookAtPod,
      updated(old, pod) {
        const same =
          old.spec.nodeName === pod.spec.nodeName &&
          deepEqual(old.status?.resourceClaimStatuses, pod.status?.resourceClaimStatuses);
        if (!same) lookAtPod(pod);
      },
      deleted: ({ metadata }) => void this.#pending.delete(metadata.uid ?? ""),
    });
    this.#claims.onChange({
      added: lookAtUsers,
      updated: (_, claim) => lookAtUsers(claim),
      deleted: lookAtUsers,
    });
    this.#slices.onChange({
      added: (slice) => slicesChanged(isTainted(slice)),
      updated: (old, slice) =>
        slicesChanged(
          isTainted(old) !== isTainted(slice) ||
            (isTainted(slice) && !deepEqual(old.spec, slice.spec)),
        ),
      deleted: (slice) => slicesChanged(isTainted(slice) || this.#slices.list().some(isTainted)),
    });
    this.#rules.onChange({
      added(rule) {
        enqueue(rulePrefix + rule.metadata.name);
        lookAtAll();
      },
      updated(old, rule) {
        if (deepEqual(old.spec, rule.spec)) return;
        enqueue(rulePrefix + rule.metadata.name);
        lookAtAll();
      },
      deleted: ({ metadata }) => {
        this.#evicted.delete(metadata.uid ?? "");
        lookAtAll();
      },
    });
  }

  #tainting(now: Date): Tainting {
    this.#tainted ??= currentSlices(this.#slices.list()).filter(isTainted);
    return { slices: this.#tainted, rules: this.#rules.list(), now };
  }

  #evictionOf(pod: Pod, tainting: Tainting) {
    const { namespace = "" } = pod.metadata;
    return podEviction(pod, (claim) => this.#claims.get(namespace, claim), tainting);
  }

  syncPod(pod: Pod, now: Date): readonly Effect[] {
    const { uid = "" } = pod.metadata;
    const eviction = this.#evictionOf(pod, this.#tainting(now));
    const effects = reconcile(pod, eviction, { now, wasPending: this.#pending.has(uid) });
    if (eviction === undefined) this.#pending.delete(uid);
    else this.#pending.add(uid);
    if (eviction !== undefined) {
      const isNow = effects.some(({ effect }) => effect === "delete");
      for (const rule of this.#rules.list()) {
        const ruleUid = rule.metadata.uid ?? "";
        if (!eviction.rules.has(ruleUid)) continue;
        const key = rulePrefix + rule.metadata.name;
        // More pods may follow: they are counted together.
        this.#context.enqueueAfter(key, ruleStatusSeconds);
        if (isNow) this.#evicted.set(ruleUid, (this.#evicted.get(ruleUid) ?? new Set()).add(uid));
      }
    }
    return effects;
  }

  #counts(rule: DeviceTaintRule, now: Date): RuleCounts {
    const { uid = "" } = rule.metadata;
    const executing = { ...rule, spec: { ...rule.spec, taint: { ...rule.spec.taint } } };
    if (rule.spec.taint.effect === "None") executing.spec.taint.effect = "NoExecute";
    const tainting = this.#tainting(now);
    const rules = tainting.rules.map((each) => (each.metadata.uid === uid ? executing : each));
    const affected = this.#users
      .list()
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .filter((pod) => this.#evictionOf(pod, { ...tainting, rules })?.rules.has(uid));
    const published = currentSlices(this.#slices.list()).flatMap(
      ({ spec: { driver, pool, devices = [] } }) =>
        devices.map((device) => ({ driver, pool: pool.name, device: device.name })),
    );
    const allocated = this.#claims
      .list()
      .flatMap(({ status }) => status?.allocation?.devices?.results ?? []);
    return {
      pods: affected.length,
      namespaces: new Set(affected.map(({ metadata }) => metadata.namespace)).size,
      publishedDevices: published.filter((device) => rulesOver(rule, device)).length,
      allocatedDevices: allocated.filter((device) => rulesOver(rule, device)).length,
      evictedPods: this.#evicted.get(uid)?.size ?? 0,
    };
  }

  sync(key: string, now: Date): readonly Effect[] {
    if (key.startsWith(rulePrefix)) {
      const rule = this.#rules.get("", key.slice(rulePrefix.length));
      if (rule === undefined) return [];
      return reconcileRule(rule, () => this.#counts(rule, now), { manager: name, now });
    }
    const { namespace, name: podName } = splitKey(key.slice(podPrefix.length));
    const pod = this.#users.get(namespace, podName);
    return pod === undefined ? [] : this.syncPod(pod, now);
  }
}

export const deviceTaintEviction: Controller = {
  name,
  workers: 8,
  watch(context) {
    const taints = new DeviceTaints(context);
    taints.subscribe();
    return (key, now) => taints.sync(key, now);
  },
};
