/** Validation of what allocators, drivers and users of devices write into a ResourceClaim. */
import { Buffer } from "node:buffer";
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path, tooLong, tooMany } from "#apimachinery/field-error.ts";
import { isInterfaceAddress } from "#apimachinery/ip.ts";
import { validateImmutable } from "#apimachinery/validate.ts";
import type {
  AllocatedDeviceStatus,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceClaim,
} from "#gen/api/resource/v1.ts";
import { nodeSelector } from "#resources/core/v1/pod-spec/validate-affinity.ts";
import { validateConditions } from "#resources/validate-conditions.ts";
import { type Names, requestNames, validateReference } from "./claim-validation.ts";
import { deviceName, driverName, poolName, setOf } from "./names.ts";
import { listMax, validateConfiguration, validateTolerations } from "./selector-validation.ts";
import { validateBinding } from "./slice-validation.ts";

const statusPath = new Path("status");
/** Upstream's ResourceClaimReservedForMaxSize. */
export const reservedMax = 256;
const conditionsMax = 8;
const dataBytesMax = 10 * 1024;
const interfaceBytesMax = 256;
const hardwareBytesMax = 128;
const addressesMax = 16;
/** As upstream prints a uid. */
const uid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

interface Device {
  readonly driver?: string | undefined;
  readonly pool?: string | undefined;
  readonly device?: string | undefined;
  readonly shareID?: string | undefined;
}

const keyOf = ({ driver, pool, device, shareID }: Device): string =>
  JSON.stringify([driver, pool, device, shareID || undefined]);

export function validateClaimStatus(claim: ResourceClaim, old: ResourceClaim): FieldError[] {
  const checks = new FieldChecks();
  validateReserved(checks, claim, old);
  const { allocation, devices = [] } = claim.status ?? {};
  const allocated = new Set((allocation?.devices?.results ?? []).map(keyOf));
  setOf<AllocatedDeviceStatus>(checks, devices, {
    path: statusPath.child("devices"),
    max: Number.POSITIVE_INFINITY,
    keyOf,
    each: (device, path) => {
      validateDevice(checks, device, path);
      if (!allocated.has(keyOf(device)))
        checks.invalid(path, device.device, "must be an allocated device in the claim");
    },
  });
  const before = old.status?.allocation;
  const path = statusPath.child("allocation");
  if (before !== undefined && allocation !== undefined)
    checks.add(validateImmutable(allocation, before, path));
  else validateAllocation(checks, claim, path);
  return checks.errors;
}

function validateReserved(checks: FieldChecks, claim: ResourceClaim, old: ResourceClaim): void {
  const { allocation, reservedFor = [] } = claim.status ?? {};
  const path = statusPath.child("reservedFor");
  setOf(checks, reservedFor, {
    path,
    max: reservedMax,
    keyOf: (user) => user.uid ?? "",
    each: ({ resource, name, uid: own }, at) => {
      checks.present(at.child("resource"), resource);
      checks.present(at.child("name"), name);
      checks.present(at.child("uid"), own);
    },
  });
  if (reservedFor.length > 0 && allocation === undefined)
    checks.forbidden(path, "may not be specified when `allocated` is not set");
  else if (claim.metadata.deletionTimestamp !== undefined) {
    const known = old.status?.reservedFor ?? [];
    if (reservedFor.some((one) => !known.some((other) => deepEqual(one, other))))
      checks.forbidden(
        path,
        "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set",
      );
  }
}

function validatePlace(checks: FieldChecks, device: Device, path: Path): void {
  const { driver = "", pool = "", device: name = "", shareID } = device;
  driverName(checks, path.child("driver"), driver);
  poolName(checks, path.child("pool"), pool);
  deviceName(checks, path.child("device"), name);
  if (shareID !== undefined && !uid.test(shareID))
    checks.invalid(path.child("shareID"), shareID, "must be a lowercase UUID in 8-4-4-4-12 format");
}

function validateDevice(checks: FieldChecks, device: AllocatedDeviceStatus, path: Path): void {
  validatePlace(checks, device, path);
  const { conditions = [], data, networkData } = device;
  const conditionsPath = path.child("conditions");
  if (conditions.length > conditionsMax)
    checks.add([tooMany(conditionsPath, conditions.length, conditionsMax)]);
  checks.add(validateConditions(conditions, conditionsPath));
  const dataPath = path.child("data");
  if (data !== undefined && Buffer.byteLength(JSON.stringify(data)) > dataBytesMax)
    checks.add([tooLong(dataPath, dataBytesMax)]);
  else if (data !== undefined && (typeof data !== "object" || Array.isArray(data)))
    checks.invalid(dataPath, "<value omitted>", "must be a valid JSON object");
  if (networkData !== undefined) validateNetwork(checks, networkData, path.child("networkData"));
}

function validateNetwork(
  checks: FieldChecks,
  { interfaceName = "", hardwareAddress = "", ips = [] }: NetworkDeviceData,
  path: Path,
): void {
  if (Buffer.byteLength(interfaceName) > interfaceBytesMax)
    checks.add([tooLong(path.child("interfaceName"), interfaceBytesMax)]);
  if (Buffer.byteLength(hardwareAddress) > hardwareBytesMax)
    checks.add([tooLong(path.child("hardwareAddress"), hardwareBytesMax)]);
  setOf(checks, ips, {
    path: path.child("ips"),
    max: addressesMax,
    keyOf: (address) => address,
    each: (address, at) => checks.each(at, address, isInterfaceAddress(address)),
  });
}

function validateAllocation(
  checks: FieldChecks,
  { spec, status }: ResourceClaim,
  path: Path,
): void {
  const names = requestNames(spec?.devices ?? {});
  const { devices, nodeSelector: nodes } = status?.allocation ?? {};
  const here = path.child("devices");
  setOf(checks, [...(devices?.results ?? []).entries()], {
    path: here.child("results"),
    max: listMax,
    keyOf: ([index]) => `${index}`,
    each: ([, result], at) => validateResult(checks, result, { path: at, names }),
  });
  setOf(checks, [...(devices?.config ?? []).entries()], {
    path: here.child("config"),
    max: 2 * listMax,
    keyOf: ([index]) => `${index}`,
    each: ([, config], at) => validateAllocatedConfig(checks, config, { path: at, names }),
  });
  if (nodes !== undefined) nodeSelector(checks, nodes, path.child("nodeSelector"));
}

function validateResult(
  checks: FieldChecks,
  result: DeviceRequestAllocationResult,
  { path, names }: Names,
): void {
  validateReference(checks, result.request ?? "", { path: path.child("request"), names });
  validatePlace(checks, result, path);
  validateTolerations(checks, result.tolerations ?? [], path.child("tolerations"));
  validateBinding(checks, result, path);
}

function validateAllocatedConfig(
  checks: FieldChecks,
  config: DeviceAllocationConfiguration,
  { path, names }: Names,
): void {
  checks.presentOneOf(path.child("source"), config.source, ["FromClass", "FromClaim"]);
  setOf(checks, config.requests ?? [], {
    path: path.child("requests"),
    max: listMax,
    keyOf: (name) => name,
    each: (name, at) => validateReference(checks, name, { path: at, names }),
  });
  validateConfiguration(checks, config, path);
}
