/** Plans for the pods of a batch that claim devices, made once all other filters of a pod are known. */
import type { Pod } from "#gen/api/core/v1.ts";
import { H_VERDICTS, HEADER, V_NO_NODE, V_UNRESOLVABLE } from "#gen/scheduler-abi.ts";
import type { Encoded } from "./cache.ts";
import type { Core } from "./core.ts";
import { mayBeDevices } from "./devices/extended-resources.ts";
import { type DevicePlan, type DeviceSources, type Others, planDevices } from "./devices/plan.ts";
import type { NodeTable } from "./node-table.ts";
import type { PodShape } from "./pod-shape.ts";
import { defaultProfile, type Profile } from "./profile.ts";
import { noVolumes, type VolumeLists } from "./volume-lists.ts";

interface Parts {
  readonly core: Core;
  readonly nodes: NodeTable;
  readonly devices: DeviceSources;
  readonly profileOf: ((pod: Pod) => Profile) | undefined;
}

const noNode = V_UNRESOLVABLE | V_NO_NODE;

export class DevicePlans {
  readonly #parts: Parts;
  readonly #plans = new Map<Pod, DevicePlan>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  clear(): void {
    this.#plans.clear();
  }

  of(pod: Pod): DevicePlan | undefined {
    return this.#plans.get(pod);
  }

  /** Is there any class of devices that stands for a resource? */
  get mayDelegate(): boolean {
    return this.#parts.devices.resourceClasses().size > 0;
  }

  /** What pods of the shape request that devices serve on nodes that have none of it. */
  delegated({ requestNames }: PodShape): readonly string[] {
    const classes = this.#parts.devices.resourceClasses();
    if (classes.size === 0) return [];
    return requestNames.filter((name) => mayBeDevices(name) && classes.has(name));
  }

  /** `encoded`: the pods but for their devices. Returns whether that was all that was missing of some. */
  make(pods: readonly Pod[], encoded: readonly Encoded[]): boolean {
    const { devices, nodes, profileOf } = this.#parts;
    let made = false;
    for (const [index, pod] of pods.entries()) {
      const about = encoded[index];
      if (about === undefined || about.refusal !== undefined || this.#plans.has(pod)) continue;
      if (pod.spec.resourceClaims === undefined && about.delegated.length === 0) continue;
      if (!(profileOf?.(pod) ?? defaultProfile).devices) continue;
      this.#plans.set(pod, planDevices(pod, devices, nodes, this.#othersOf(about)));
      made = true;
    }
    return made;
  }

  /** A copy: the module's column is the next question's. */
  #othersOf({ cls, pin }: Encoded): Others {
    const { core, nodes } = this.#parts;
    core.calls.explain(cls.address);
    const first = core.arena.get(HEADER + H_VERDICTS) >> 2;
    const verdicts = core.arena.i32.slice(first, first + nodes.slotsUsed);
    return (name) => {
      const slot = nodes.slotOf(name) ?? -1;
      return pin < 0 || pin === slot ? (verdicts[slot] ?? noNode) : noNode;
    };
  }
}

interface ByDevices {
  readonly profile: Profile;
  readonly devices: DevicePlan | undefined;
  readonly delegated: readonly string[];
}

/** What the pod asks of nodes by its volumes and by its devices; undefined: nothing. */
export function withDevices(
  volumes: VolumeLists | undefined,
  { profile, devices, delegated }: ByDevices,
): VolumeLists | undefined {
  const { sets = [], scores = [] } = devices ?? {};
  if (sets.length + scores.length + delegated.length === 0) return volumes;
  const base = volumes ?? noVolumes;
  const signature = `${base.signature} devices ${JSON.stringify([sets, scores, delegated])}`;
  const deviceScores = profile.weights.DynamicResources > 0 ? scores : [];
  return { ...base, signature, sets: [...base.sets, ...sets], deviceScores, delegated };
}
