/** What drivers publish, found by node, with the taints that rules add. */
import type { DeviceTaintRule, ResourceSlice } from "#gen/api/resource/v1.ts";
import { rulesOver } from "#resources/resource/v1/device-taints.ts";

function tainted(slice: ResourceSlice, rules: readonly DeviceTaintRule[]): ResourceSlice {
  const { driver, pool } = slice.spec;
  let changed = false;
  const devices = (slice.spec.devices ?? []).map((device) => {
    const found = rules.filter((rule) =>
      rulesOver(rule, { driver, pool: pool.name, device: device.name }),
    );
    if (found.length === 0) return device;
    changed = true;
    const taints = [...(device.taints ?? []), ...found.map(({ spec }) => spec.taint)];
    return { ...device, taints };
  });
  return changed ? { ...slice, spec: { ...slice.spec, devices } } : slice;
}

const none: readonly ResourceSlice[] = [];

export class SliceIndex {
  readonly all: readonly ResourceSlice[];
  readonly #onNode = new Map<string, ResourceSlice[]>();
  readonly #elsewhere: ResourceSlice[] = [];
  readonly #ofPool = new Map<string, ResourceSlice[]>();

  constructor(slices: readonly ResourceSlice[], rules: readonly DeviceTaintRule[]) {
    this.all = rules.length === 0 ? slices : slices.map((slice) => tainted(slice, rules));
    for (const slice of this.all) {
      const { nodeName, driver, pool } = slice.spec;
      if (nodeName === undefined) this.#elsewhere.push(slice);
      else push(this.#onNode, nodeName, slice);
      push(this.#ofPool, poolKey(driver, pool.name), slice);
    }
  }

  /** Of the node alone, and those that only their selectors can tell. */
  forNode(name: string): readonly ResourceSlice[] {
    return [...(this.#onNode.get(name) ?? none), ...this.#elsewhere];
  }

  ofPool(key: string): readonly ResourceSlice[] {
    return this.#ofPool.get(key) ?? none;
  }
}

export function poolKey(driver: string, pool: string): string {
  return `${driver}/${pool}`;
}

function push<T>(to: Map<string, T[]>, key: string, one: T): void {
  const known = to.get(key);
  if (known === undefined) to.set(key, [one]);
  else known.push(one);
}
