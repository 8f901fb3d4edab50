/** Validation of a CSINode: its drivers, and how healthy the storage is. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path, tooLong, tooMany } from "#apimachinery/field-error.ts";
import { isQualifiedName, validateImmutable } from "#apimachinery/validate.ts";
import type {
  CSINode,
  CSINodeDriver,
  StorageHealth,
  StorageHealthCondition,
} from "#gen/api/storage/v1.ts";
import { accessModes, volumeModes } from "#resources/core/v1/claim-spec.ts";
import { csiDriverName } from "#resources/core/v1/pod-spec/validate-volumes.ts";
import { isConditionReason } from "#resources/validate-conditions.ts";

const driversPath = new Path("spec.drivers");
const nodeIdBytesMax = 256;
const healthConditionsMax = 16;
const reasonBytesMax = 256;
const messageBytesMax = 1024;

export function validateCSINode({ spec }: CSINode): FieldError[] {
  const checks = new FieldChecks();
  const names = new Set<string>();
  for (const [index, driver] of (spec.drivers ?? []).entries()) {
    const path = driversPath.index(index);
    const { name = "" } = driver;
    validateDriver(checks, driver, path);
    if (names.has(name)) checks.duplicate(path.child("name"), name);
    names.add(name);
  }
  return checks.errors;
}

function validateDriver(checks: FieldChecks, driver: CSINodeDriver, path: Path): void {
  const { name = "", nodeID = "", allocatable, topologyKeys = [] } = driver;
  csiDriverName(checks, path.child("name"), name);
  const idPath = path.child("nodeID");
  checks.present(idPath, nodeID);
  if (nodeID.length > nodeIdBytesMax)
    checks.invalid(idPath, nodeID, `must be ${nodeIdBytesMax} characters or less`);
  checks.notNegative(path.child("allocatable", "count"), allocatable?.count);
  const keys = new Set<string>();
  for (const key of topologyKeys) {
    checks.present(path, key);
    if (keys.has(key)) checks.duplicate(path, key);
    keys.add(key);
    checks.each(path, key, isQualifiedName(key));
  }
}

/** What a driver can attach may change, nothing else of it. */
export function validateCSINodeUpdate(node: CSINode, old: CSINode): FieldError[] {
  const moved = (old.spec.drivers ?? []).flatMap((before) =>
    (node.spec.drivers ?? [])
      .filter(({ name }) => name === before.name)
      .flatMap((driver) =>
        validateImmutable(
          { ...driver, allocatable: undefined },
          { ...before, allocatable: undefined },
          driversPath,
        ),
      ),
  );
  return [...validateCSINode(node), ...moved];
}

export function validateCSINodeStatus({ status }: CSINode): FieldError[] {
  const checks = new FieldChecks();
  const names = new Set<string>();
  for (const [index, health] of (status?.storageHealth ?? []).entries()) {
    const path = new Path("status.storageHealth").index(index);
    const { name = "" } = health;
    if (names.has(name)) checks.duplicate(path, name);
    names.add(name);
    validateHealth(checks, health, path);
  }
  return checks.errors;
}

function validateHealth(checks: FieldChecks, health: StorageHealth, path: Path): void {
  const { name = "", healthConditions = [] } = health;
  csiDriverName(checks, path.child("name"), name);
  const conditionsPath = path.child("healthConditions");
  if (healthConditions.length > healthConditionsMax) {
    checks.add([tooMany(conditionsPath, healthConditions.length, healthConditionsMax)]);
    return;
  }
  for (const [index, condition] of healthConditions.entries())
    validateCondition(checks, condition, conditionsPath.index(index));
}

function validateCondition(
  checks: FieldChecks,
  condition: StorageHealthCondition,
  path: Path,
): void {
  const { status, reason = "", message = "", accessMode, volumeMode } = condition;
  checks.oneOf(path.child("status"), status, ["StorageDegraded", "StorageUnreachable"]);
  const reasonPath = path.child("reason");
  if (checks.present(reasonPath, reason))
    checks.each(reasonPath, reason, isConditionReason(reason));
  if (reason.length > reasonBytesMax) checks.add([tooLong(reasonPath, reasonBytesMax)]);
  if (message.length > messageBytesMax)
    checks.add([tooLong(path.child("message"), messageBytesMax)]);
  if (accessMode !== undefined) checks.oneOf(path.child("accessMode"), accessMode, accessModes);
  if (volumeMode !== undefined) checks.oneOf(path.child("volumeMode"), volumeMode, volumeModes);
}
