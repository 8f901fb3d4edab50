/** Validation of a ResourceSlice: its pool, where its devices are, and each device. */
import { Buffer } from "node:buffer";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path, tooLong, tooMany } from "#apimachinery/field-error.ts";
import {
  isDNS1123Subdomain,
  isLabelValue,
  isQualifiedName,
  validateImmutable,
} from "#apimachinery/validate.ts";
import type {
  CounterSet,
  Device,
  DeviceAttribute,
  DeviceTaint,
  ResourcePool,
  ResourceSlice,
} from "#gen/api/resource/v1.ts";
import { nodeSelector } from "#resources/core/v1/pod-spec/validate-affinity.ts";
import { validateCapacity } from "./capacity-validation.ts";
import { deviceName, driverName, poolName, qualifiedName, setOf } from "./names.ts";
import { effects } from "./selector-validation.ts";

const specPath = new Path("spec");
const devicesMax = 128;
/** With taints or counters. */
const richDevicesMax = 64;
const propertiesMax = 32;
const taintsMax = 16;
const counterSetsMax = 8;
const textBytesMax = 64;

export function validateSlice({ spec }: ResourceSlice, old?: ResourceSlice): FieldError[] {
  const checks = new FieldChecks();
  const { devices = [], sharedCounters } = spec ?? {};
  driverName(checks, specPath.child("driver"), spec?.driver ?? "");
  validatePool(checks, spec?.pool, specPath.child("pool"));
  if (old !== undefined) checks.add(fixedFaults(spec, old.spec));
  validatePlace(checks, spec ?? {}, specPath);
  if (sharedCounters !== undefined && spec?.devices !== undefined)
    checks.invalid(specPath, "", "only one of `sharedCounters` or `devices` is allowed");
  const rich = devices.some(
    ({ taints = [], consumesCounters = [] }) => taints.length > 0 || consumesCounters.length > 0,
  );
  setOf(checks, devices, {
    path: specPath.child("devices"),
    max: rich ? richDevicesMax : devicesMax,
    keyOf: ({ name }) => name ?? "",
    each: (device, at) => {
      validateDevice(checks, device, at);
      validateDevicePlace(checks, device, {
        apart: spec.perDeviceNodeSelection === true,
        path: at,
      });
      validateBinding(checks, device, at);
      validateConsumed(checks, device, at);
    },
  });
  setOf(checks, sharedCounters ?? [], {
    path: specPath.child("sharedCounters"),
    max: counterSetsMax,
    keyOf: ({ name }) => name ?? "",
    each: (set, at) => validateCounters(checks, set, at),
  });
  return checks.errors;
}

const fixed = ["driver", "nodeName"] as const;

function fixedFaults(
  now: ResourceSlice["spec"] | undefined,
  before: ResourceSlice["spec"] | undefined,
): FieldError[] {
  return [
    ...validateImmutable(now?.pool?.name, before?.pool?.name, specPath.child("pool", "name")),
    ...fixed.flatMap((field) =>
      validateImmutable(now?.[field], before?.[field], specPath.child(field)),
    ),
  ];
}

function validatePool(checks: FieldChecks, pool: ResourcePool | undefined, path: Path): void {
  const { name = "", resourceSliceCount = 0, generation = 0 } = pool ?? {};
  poolName(checks, path.child("name"), name);
  checks.positive(path.child("resourceSliceCount"), resourceSliceCount);
  if (generation < 0)
    checks.invalid(path.child("generation"), generation, "must be greater than or equal to zero");
}

/** Exactly one way to say where. */
function validatePlace(
  checks: FieldChecks,
  spec: Partial<ResourceSlice["spec"]>,
  path: Path,
): void {
  const { nodeName, nodeSelector: selector } = spec;
  const said: string[] = [];
  if (nodeName === "")
    checks.invalid(path.child("nodeName"), "", "must be either unset or set to a non-empty string");
  else if (nodeName !== undefined) {
    said.push("`nodeName`");
    checks.each(path.child("nodeName"), nodeName, isDNS1123Subdomain(nodeName));
  }
  if (selector !== undefined) {
    said.push("`nodeSelector`");
    nodeSelector(checks, selector, path.child("nodeSelector"));
    if ((selector.nodeSelectorTerms ?? []).length !== 1)
      checks.invalid(
        path.child("nodeSelector", "nodeSelectorTerms"),
        selector.nodeSelectorTerms,
        "must have exactly one node selector term",
      );
  }
  for (const field of ["allNodes", "perDeviceNodeSelection"] as const) {
    const flag = spec[field];
    if (flag === false)
      checks.invalid(path.child(field), flag, "must be either unset or set to true");
    if (flag === true) said.push(`\`${field}\``);
  }
  const sentence =
    "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required";
  if (said.length === 0) checks.required(path, sentence);
  if (said.length > 1)
    checks.invalid(path, `{${said.join(", ")}}`, `${sentence}, but multiple fields are set`);
}

function validateDevice(checks: FieldChecks, device: Device, path: Path): void {
  const { name = "", attributes = {}, capacity = {}, taints = [] } = device;
  deviceName(checks, path.child("name"), name);
  const count = Object.keys(attributes).length + Object.keys(capacity).length;
  if (count > propertiesMax)
    checks.invalid(
      path,
      count,
      `the total number of attributes and capacities must not exceed ${propertiesMax}`,
    );
  for (const [key, attribute] of Object.entries(attributes)) {
    const here = path.child("attributes");
    qualifiedName(checks, here, key);
    validateAttribute(checks, attribute, here.key(key));
  }
  for (const [key, one] of Object.entries(capacity)) {
    const here = path.child("capacity");
    qualifiedName(checks, here, key);
    validateCapacity(checks, one, {
      path: here.key(key),
      isShared: device.allowMultipleAllocations === true,
    });
  }
  if (taints.length > taintsMax)
    checks.add([tooMany(path.child("taints"), taints.length, taintsMax)]);
  for (const [index, taint] of taints.entries())
    validateTaint(checks, taint, path.child("taints").index(index));
}

/** Where one device is: only said where the slice leaves it to each. */
function validateDevicePlace(
  checks: FieldChecks,
  { nodeName, nodeSelector: selector, allNodes }: Device,
  { apart, path }: { readonly apart: boolean; readonly path: Path },
): void {
  const given = { nodeName, nodeSelector: selector, allNodes };
  const said = Object.entries(given).flatMap(([name, value]) =>
    value === undefined ? [] : [`\`${name}\``],
  );
  const sentence =
    "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec";
  if (!apart) {
    if (said.length > 0)
      checks.invalid(
        path,
        null,
        "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec",
      );
    return;
  }
  if (nodeName !== undefined)
    checks.each(path.child("nodeName"), nodeName, isDNS1123Subdomain(nodeName));
  if (selector !== undefined) nodeSelector(checks, selector, path.child("nodeSelector"));
  if (allNodes === false)
    checks.invalid(path.child("allNodes"), allNodes, "must be either unset or set to true");
  if (said.length === 0) checks.required(path, sentence);
  if (said.length > 1) checks.invalid(path, `{${said.join(", ")}}`, sentence);
}

const conditionsMax = 4;

/** What must be so before a claim's pod is bound, and what ends the wait: one does not come without the other. */
export function validateBinding(
  checks: FieldChecks,
  {
    bindingConditions: wanted = [],
    bindingFailureConditions: ends = [],
  }: Pick<Device, "bindingConditions" | "bindingFailureConditions">,
  path: Path,
): void {
  for (const [field, names] of [
    ["bindingConditions", wanted],
    ["bindingFailureConditions", ends],
  ] as const)
    setOf(checks, names, {
      path: path.child(field),
      max: conditionsMax,
      keyOf: (name) => name,
      each: (name, at) => checks.each(at, name, isQualifiedName(name)),
    });
  if (wanted.length > 0 && ends.length === 0)
    checks.invalid(
      path.child("bindingFailureConditions"),
      null,
      "bindingFailureConditions are required to use bindingConditions",
    );
  if (ends.length > 0 && wanted.length === 0)
    checks.invalid(
      path.child("bindingConditions"),
      null,
      "bindingConditions are required to use bindingFailureConditions",
    );
}

const consumedMax = 2;

function validateConsumed(checks: FieldChecks, { consumesCounters }: Device, path: Path): void {
  setOf(checks, consumesCounters ?? [], {
    path: path.child("consumesCounters"),
    max: consumedMax,
    keyOf: ({ counterSet }) => counterSet ?? "",
    each: ({ counterSet = "", counters = {} }, at) => {
      checks.presentLabel(at.child("counterSet"), counterSet);
      if (Object.keys(counters).length === 0) checks.required(at.child("counters"));
      for (const key of Object.keys(counters)) checks.label(at.child("counters"), key);
    },
  });
}

const version =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?(\+[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$/;
const kinds = ["bool", "int", "string", "version", "bools", "ints", "strings", "versions"] as const;

function validateAttribute(checks: FieldChecks, attribute: DeviceAttribute, path: Path): void {
  const given = kinds.filter((one) => attribute[one] !== undefined);
  if (given.length !== 1) checks.invalid(path, attribute, "exactly one value must be specified");
  for (const kind of given) {
    const value = attribute[kind];
    const here = path.child(kind);
    if (Array.isArray(value) && value.length === 0)
      checks.invalid(here, value, "must not be empty if specified");
    if (Array.isArray(value))
      for (const [index, item] of value.entries())
        validateAttributeValue(checks, kind, item, here.index(index));
    else validateAttributeValue(checks, kind, value, here);
  }
}

function validateAttributeValue(
  checks: FieldChecks,
  kind: (typeof kinds)[number],
  value: unknown,
  path: Path,
): void {
  if (typeof value !== "string") return;
  if (Buffer.byteLength(value) > textBytesMax) checks.add([tooLong(path, textBytesMax)]);
  if (kind.startsWith("version") && !version.test(value))
    checks.invalid(path, value, "must be a string compatible with semver.org spec 2.0.0");
}

export function validateTaint(checks: FieldChecks, taint: DeviceTaint, path: Path): void {
  const { key, value = "", effect } = taint;
  checks.each(path.child("key"), key ?? "", isQualifiedName(key ?? ""));
  checks.each(path.child("value"), value, isLabelValue(value));
  checks.presentOneOf(path.child("effect"), effect, effects);
}

function validateCounters(
  checks: FieldChecks,
  { name = "", counters = {} }: CounterSet,
  path: Path,
): void {
  checks.presentLabel(path.child("name"), name);
  if (Object.keys(counters).length === 0) checks.required(path.child("counters"));
  for (const key of Object.keys(counters)) checks.label(path.child("counters"), key);
}
