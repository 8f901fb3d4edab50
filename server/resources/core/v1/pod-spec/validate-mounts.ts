/** Where a container sees the Pod's volumes: as directories, or as block devices. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import { notFoundValue, type Path } from "#apimachinery/field-error.ts";
import type { Container, EphemeralContainer, Volume, VolumeMount } from "#gen/api/core/v1.ts";
import { localDescendingPath } from "./validate-paths.ts";

type Mounter = Container | EphemeralContainer;

export function validateMounts(
  checks: FieldChecks,
  container: Mounter,
  { volumes, path }: { volumes: ReadonlyMap<string, Volume>; path: Path },
): void {
  const points = new Set<string>();
  const devices = container.volumeDevices ?? [];
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const here = path.index(index);
    const { name = "", mountPath = "", subPath = "", subPathExpr = "" } = mount;
    checks.present(here.child("name"), name);
    if (!volumes.has(name)) checks.add([notFoundValue(here.child("name"), name)]);
    checks.present(here.child("mountPath"), mountPath);
    if (points.has(mountPath)) checks.invalid(here.child("mountPath"), mountPath, "must be unique");
    points.add(mountPath);
    if (devices.some((device) => device.name === name))
      checks.invalid(here.child("name"), name, "must not already exist in volumeDevices");
    if (devices.some(({ devicePath }) => devicePath === mountPath))
      checks.invalid(
        here.child("mountPath"),
        mountPath,
        "must not already exist as a path in volumeDevices",
      );
    // Upstream reports what is inside a mount at the list, not at the item.
    if (subPath !== "") localDescendingPath(checks, path.child("subPath"), subPath);
    if (subPathExpr !== "") {
      if (subPath !== "")
        checks.invalid(
          here.child("subPathExpr"),
          subPathExpr,
          "subPathExpr and subPath are mutually exclusive",
        );
      localDescendingPath(checks, path.child("subPathExpr"), subPathExpr);
    }
    mountModes(checks, mount, { container, path });
    bindOptions(checks, mount, { volumes, path: here.child("bindMountOptions") });
  }
}

const propagations = ["Bidirectional", "HostToContainer", "None"];
const recursions = ["Disabled", "Enabled", "IfPossible"];

function mountModes(
  checks: FieldChecks,
  mount: VolumeMount,
  { container, path }: { container: Mounter; path: Path },
): void {
  const { mountPropagation, recursiveReadOnly, readOnly } = mount;
  if (mountPropagation !== undefined) {
    const here = path.child("mountPropagation");
    checks.oneOf(here, mountPropagation, propagations);
    if (mountPropagation === "Bidirectional" && container.securityContext?.privileged !== true)
      checks.forbidden(
        here,
        "Bidirectional mount propagation is available only to privileged containers",
      );
  }
  if (recursiveReadOnly === undefined || recursiveReadOnly === "Disabled") return;
  const here = path.child("recursiveReadOnly");
  if (!recursions.includes(recursiveReadOnly)) {
    checks.oneOf(here, recursiveReadOnly, recursions);
    return;
  }
  if (readOnly !== true) checks.forbidden(here, "may only be specified when readOnly is true");
  if (mountPropagation !== undefined && mountPropagation !== "None")
    checks.forbidden(here, "may only be specified when mountPropagation is None or not specified");
}

function bindOptions(
  checks: FieldChecks,
  { name, bindMountOptions = [] }: VolumeMount,
  { volumes, path }: { volumes: ReadonlyMap<string, Volume>; path: Path },
): void {
  const seen = new Set<string>();
  for (const [index, option] of bindMountOptions.entries()) {
    checks.oneOf(path.index(index), option, ["nodev", "noexec", "nosuid"]);
    if (seen.has(option)) checks.duplicate(path.index(index), option);
    seen.add(option);
  }
  if (bindMountOptions.length > 0 && volumes.get(name)?.image !== undefined)
    checks.invalid(path, bindMountOptions, "bindMountOptions may not be used with image volumes");
}

export function validateDevices(
  checks: FieldChecks,
  container: Mounter,
  { volumes, path }: { volumes: ReadonlyMap<string, Volume>; path: Path },
): void {
  const names = new Set<string>();
  const paths = new Set<string>();
  const mounts = container.volumeMounts ?? [];
  for (const [index, { name = "", devicePath = "" }] of (container.volumeDevices ?? []).entries()) {
    const namePath = path.index(index).child("name");
    const pathPath = path.index(index).child("devicePath");
    const volume = volumes.get(name);
    checks.present(namePath, name);
    if (names.has(name)) checks.invalid(namePath, name, "must be unique");
    const isClaim = volume?.persistentVolumeClaim !== undefined || volume?.ephemeral !== undefined;
    if (volume !== undefined && !isClaim)
      checks.invalid(
        namePath,
        name,
        "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode",
      );
    if (volume === undefined) checks.add([notFoundValue(namePath, name)]);
    checks.present(pathPath, devicePath);
    if (paths.has(devicePath)) checks.invalid(pathPath, devicePath, "must be unique");
    if (devicePath.split("/").includes(".."))
      checks.invalid(pathPath, devicePath, "can not contain backsteps ('..')");
    else paths.add(devicePath);
    if (mounts.some((mount) => mount.name === name))
      checks.invalid(namePath, name, "must not already exist in volumeMounts");
    if (mounts.some(({ mountPath }) => mountPath === devicePath))
      checks.invalid(pathPath, devicePath, "must not already exist as a path in volumeMounts");
    if (name !== "") names.add(name);
  }
}
