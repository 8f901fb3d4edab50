/** Plans for the pods of a batch that claim devices, made once all other filters of a pod are known. */
import type { Pod } from "#gen/api/core/v1.ts";
import { H_VERDICTS, HEADER, V_NO_NODE, V_UNRESOLVABLE } from "#gen/scheduler-abi.ts";
import type { Encoded } from "./cache.ts";
import type { Core } from "./core.ts";
import { type DevicePlan, type DeviceSources, type Others, planDevices } from "./devices/plan.ts";
import type { NodeTable } from "./node-table.ts";
import { defaultProfile, type Profile } from "./profile.ts";

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

  /** `encoded`: the pods but for their devices. Returns whether that was all that was missing of some. */
  make(pods: readonly Pod[], encoded: readonly Encoded[]): boolean {
    const { devices, nodes, profileOf } = this.#parts;
    let made = false;
    for (const [index, pod] of pods.entries()) {
      const about = encoded[index];
      if (pod.spec.resourceClaims === undefined || this.#plans.has(pod)) continue;
      if (about === undefined || about.refusal !== undefined) continue;
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
