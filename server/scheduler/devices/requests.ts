/** What a claim asks for, made ready: one entry a request, with one choice, or one for each of its alternatives. */
import { CelCompileError } from "#apimachinery/cel/program.ts";
import { CelRuntimeError } from "#apimachinery/cel/runtime-error.ts";
import type {
  Device,
  DeviceClass,
  DeviceSelector,
  DeviceToleration,
  ResourceClaim,
  ResourceSlice,
} from "#gen/api/resource/v1.ts";
import {
  type DeviceSelector as Compiled,
  compileSelector,
  TooComplex,
  WrongResult,
} from "#resources/resource/v1/device-selector.ts";
import type { NodeFacts } from "#scheduler/node-facts.ts";
import { hasRoom } from "./capacity.ts";
import { deviceKey } from "./device-key.ts";
import { isOnNode, type Pool } from "./pools.ts";

/** The claim, its class or a driver is at fault: no other node is looked at. */
export class AllocationError extends Error {}

/** Devices of a claim. Upstream's AllocationResultsMaxSize. */
export const devicesMax = 32;

const missingKeyAdvice =
  ". consider using CEL optional chaining (.? followed by orValue()) or guarding the check with has() for optional fields";

export interface Candidate {
  readonly key: string;
  readonly device: Device;
  readonly slice: ResourceSlice;
  readonly pool: Pool;
}

export interface Choice {
  /** `request`, or `request/alternative`. */
  readonly name: string;
  /** The name, and that of the request that it is an alternative of. */
  readonly names: readonly string[];
  readonly class: DeviceClass;
  readonly selectors: readonly DeviceSelector[];
  readonly tolerations: readonly DeviceToleration[];
  readonly capacity: Readonly<Record<string, string>> | undefined;
  readonly admin: boolean;
  readonly count: number;
  /** All that there are, in order. */
  readonly all: readonly Candidate[] | undefined;
}

export interface Prepared {
  readonly claim: ResourceClaim;
  /** One list a request. */
  readonly requests: readonly (readonly Choice[])[];
}

interface Surroundings {
  readonly node: NodeFacts;
  readonly pools: readonly Pool[];
  readonly classOf: (name: string) => DeviceClass | undefined;
}

interface Selecting {
  readonly selector: Compiled;
  /** What it said of devices: every node and every attempt asks again. */
  readonly verdicts: WeakMap<Device, boolean>;
}

/** By expression; emptied when full. */
const compiled = new Map<string, Selecting>();
const compiledMax = 1000;

function compile(expression: string, whose: string): Selecting {
  const known = compiled.get(expression);
  if (known !== undefined) return known;
  try {
    const made = {
      selector: compileSelector(expression),
      verdicts: new WeakMap<Device, boolean>(),
    };
    if (compiled.size >= compiledMax) compiled.clear();
    compiled.set(expression, made);
    return made;
  } catch (error) {
    const expected =
      error instanceof CelCompileError ||
      error instanceof WrongResult ||
      error instanceof TooComplex;
    if (!expected) throw error;
    throw new AllocationError(`${whose}: CEL compile error: ${error.message}`);
  }
}

function meets(
  selectors: readonly DeviceSelector[],
  { device, pool, key }: Candidate,
  whose: string,
): boolean {
  return selectors.every(({ cel }, index) => {
    const name = `${whose}: selector #${index}`;
    const { selector, verdicts } = compile(cel?.expression ?? "", name);
    const known = verdicts.get(device);
    if (known !== undefined) return known;
    try {
      const found = selector.matches(pool.driver, device);
      verdicts.set(device, found);
      return found;
    } catch (error) {
      if (!(error instanceof CelRuntimeError)) throw error;
      const advice = error.message.includes("no such key:") ? missingKeyAdvice : "";
      throw new AllocationError(
        `${name} on device ${key}: CEL runtime error: ${error.message}${advice}`,
      );
    }
  });
}

/** By class, request and place. Throws AllocationError. */
export function isSelectable(
  choice: Choice,
  candidate: Candidate,
  { claim, node }: { readonly claim: ResourceClaim; readonly node: NodeFacts },
): boolean {
  const { class: deviceClass, selectors } = choice;
  const apart = candidate.slice.spec.perDeviceNodeSelection === true;
  return (
    meets(deviceClass.spec.selectors ?? [], candidate, `class ${deviceClass.metadata.name}`) &&
    meets(selectors, candidate, `claim ${shown(claim)}`) &&
    (!apart || isOnNode(candidate.device, node))
  );
}

export function shown({ metadata }: ResourceClaim): string {
  return `${metadata.namespace}/${metadata.name}`;
}

export function* candidatesOf(pool: Pool): Generator<Candidate> {
  for (const slice of pool.slices)
    for (const device of slice.spec.devices ?? [])
      yield { key: deviceKey(pool.driver, pool.name, device.name), device, slice, pool };
}

/** Throws AllocationError: the claim can be allocated nowhere as things stand. */
export function prepare(claim: ResourceClaim, around: Surroundings): Prepared {
  let least = 0;
  const requests = (claim.spec.devices?.requests ?? []).map((request) => {
    const { name, exactly, firstAvailable = [] } = request;
    const choices =
      exactly === undefined
        ? firstAvailable.map((one) =>
            choiceOf(claim, { ...one, adminAccess: false, parent: name }, around),
          )
        : [choiceOf(claim, { ...exactly, name, parent: undefined }, around)];
    const fewest = Math.min(...choices.map(({ count }) => count));
    if (fewest > devicesMax - least)
      throw new AllocationError(
        `claim ${shown(claim)}, request ${name}: adding ${fewest} devices exceeds the claim limit of ${devicesMax}, with ${least} already accounted for`,
      );
    least += fewest;
    return choices;
  });
  return { claim, requests };
}

interface Asked {
  readonly name: string;
  readonly parent: string | undefined;
  readonly deviceClassName: string;
  readonly selectors?: readonly DeviceSelector[] | undefined;
  readonly tolerations?: readonly DeviceToleration[] | undefined;
  readonly capacity?:
    | { readonly requests?: Readonly<Record<string, string>> | undefined }
    | undefined;
  readonly adminAccess?: boolean | undefined;
  readonly allocationMode?: string | undefined;
  readonly count?: number | undefined;
}

function choiceOf(claim: ResourceClaim, asked: Asked, around: Surroundings): Choice {
  const { name, parent, deviceClassName } = asked;
  const deviceClass = around.classOf(deviceClassName);
  const whose = `claim ${shown(claim)}, request ${name}`;
  if (deviceClass === undefined)
    throw new AllocationError(`${whose}: could not retrieve device class ${deviceClassName}`);
  const full = parent === undefined ? name : `${parent}/${name}`;
  const choice = {
    name: full,
    names: parent === undefined ? [name] : [parent, full],
    class: deviceClass,
    selectors: asked.selectors ?? [],
    tolerations: asked.tolerations ?? [],
    capacity: asked.capacity?.requests,
    admin: asked.adminAccess ?? false,
    count: asked.count ?? 1,
    all: undefined,
  };
  if (asked.allocationMode !== "All") return choice;
  const all: Candidate[] = [];
  for (const pool of around.pools) {
    const state = { usable: "", incomplete: "being updated", invalid: "invalid" }[pool.state];
    if (state !== "")
      throw new AllocationError(
        `${whose}: asks for all devices, but resource pool ${pool.key} is currently ${state}`,
      );
    for (const candidate of candidatesOf(pool))
      if (
        isSelectable(choice, candidate, { claim, node: around.node }) &&
        hasRoom(choice.capacity, candidate.device.capacity ?? {})
      )
        all.push(candidate);
  }
  return { ...choice, all, count: all.length };
}
