/** The CEL of device selectors: what `device` is, and whether a device meets an expression. */
import { CelQuantity } from "#apimachinery/cel/library-quantity.ts";
import { parseSemver } from "#apimachinery/cel/library-semver.ts";
import { celEnvironment, compileCel } from "#apimachinery/cel/program.ts";
import { parseQuantity } from "#apimachinery/quantity.ts";
import type { Device, DeviceAttribute } from "#gen/api/resource/v1.ts";

/** Upstream's CELSelectorExpressionMaxCost. */
const costMax = 1_000_000;
/** Attributes and capacities of a device, and the length of an attribute's text. */
const input = { count: 32, size: 64 };

export class TooComplex extends Error {}

/** It compiles to something that is not a truth. */
export class WrongResult extends Error {}

export interface DeviceSelector {
  /** Throws CelRuntimeError. */
  matches(driver: string, device: Device): boolean;
}

class DraDevice {
  readonly driver: string;
  readonly allowMultipleAllocations: boolean;
  readonly attributes: ReadonlyMap<string, ReadonlyMap<string, unknown>>;
  readonly capacity: ReadonlyMap<string, ReadonlyMap<string, unknown>>;

  constructor(driver: string, device: Device) {
    const { attributes = {}, capacity = {}, allowMultipleAllocations = false } = device;
    this.driver = driver;
    this.allowMultipleAllocations = allowMultipleAllocations;
    this.attributes = byDomain(driver, attributes, attributeValue);
    this.capacity = byDomain(
      driver,
      capacity,
      ({ value }) => new CelQuantity(parseQuantity(String(value))),
    );
  }
}

/** A domain that the device says nothing of is an empty map, not an error. */
function byDomain<T>(
  driver: string,
  values: Readonly<Record<string, T>>,
  read: (value: T) => unknown,
): Map<string, Map<string, unknown>> {
  const domains = new Map<string, Map<string, unknown>>();
  for (const [key, value] of Object.entries(values)) {
    const slash = key.indexOf("/");
    const domain = slash < 0 ? driver : key.slice(0, slash);
    const known = domains.get(domain) ?? new Map<string, unknown>();
    domains.set(domain, known.set(key.slice(slash + 1), read(value)));
  }
  const nothing = new Map<string, unknown>();
  const find = domains.get.bind(domains);
  domains.get = (domain) => find(domain) ?? nothing;
  return domains;
}

function attributeValue({ int, bool, string, version }: DeviceAttribute): unknown {
  if (int !== undefined) return BigInt(int);
  if (version !== undefined) return parseSemver(version) ?? null;
  return bool ?? string ?? null;
}

let environment: ReturnType<typeof celEnvironment> | undefined;

/** Made when the first expression comes: most clusters have none. */
function deviceEnvironment(): ReturnType<typeof celEnvironment> {
  const fields = {
    driver: "string",
    allowMultipleAllocations: "bool",
    attributes: "map<string, map<string, dyn>>",
    capacity: "map<string, map<string, kubernetes.Quantity>>",
  };
  environment ??= celEnvironment()
    .registerType("kubernetes.DRADevice", { ctor: DraDevice, fields })
    .registerVariable("device", "kubernetes.DRADevice");
  return environment;
}

/** Devices are read once, however many expressions ask for them. */
const read = new WeakMap<Device, DraDevice>();

function draDevice(driver: string, device: Device): DraDevice {
  const known = read.get(device);
  if (known?.driver === driver) return known;
  const made = new DraDevice(driver, device);
  read.set(device, made);
  return made;
}

/** Throws CelCompileError, WrongResult or TooComplex. */
export function compileSelector(expression: string): DeviceSelector {
  const program = compileCel(deviceEnvironment(), expression, input);
  if (program.type !== "bool" && program.type !== "dyn")
    throw new WrongResult(`must evaluate to bool or the unknown type, not ${program.type}`);
  if (program.cost > costMax) throw new TooComplex("too complex, exceeds cost limit");
  return {
    matches: (driver, device) => program.evaluate({ device: draDevice(driver, device) }) === true,
  };
}
