/** Defaults of volumes, per source. */
import { roundResourceList } from "#apimachinery/resource-list.ts";
import type { PersistentVolumeClaimSpec, Volume, VolumeProjection } from "#gen/api/core/v1.ts";
import { defaultPullPolicy } from "./pull-policy.ts";

const readableByAll = 0o644;
const tokenSeconds = 3600;

type Sources = Omit<Volume, "name">;

export function defaultVolume(volume: Volume): void {
  const { name, ...sources } = volume;
  if (Object.values(sources).every((source) => source === undefined)) volume.emptyDir = {};
  if (volume.secret !== undefined) volume.secret.defaultMode ??= readableByAll;
  if (volume.configMap !== undefined) volume.configMap.defaultMode ??= readableByAll;
  if (volume.downwardAPI !== undefined) {
    volume.downwardAPI.defaultMode ??= readableByAll;
    defaultDownwardItems(volume.downwardAPI);
  }
  if (volume.projected !== undefined) {
    volume.projected.defaultMode ??= readableByAll;
    for (const source of volume.projected.sources ?? []) defaultProjection(source);
  }
  if (volume.image !== undefined)
    volume.image.pullPolicy ||= defaultPullPolicy(volume.image.reference ?? "");
  const claim = volume.ephemeral?.volumeClaimTemplate;
  if (claim?.spec !== undefined) defaultClaimSpec(claim.spec);
  defaultLegacySources(volume);
}

type Downward = NonNullable<Sources["downwardAPI"]>;

function defaultDownwardItems({ items }: Pick<Downward, "items">): void {
  for (const { fieldRef, resourceFieldRef } of items ?? []) {
    if (fieldRef !== undefined) fieldRef.apiVersion ||= "v1";
    if (resourceFieldRef !== undefined) resourceFieldRef.divisor ??= "0";
  }
}

function defaultProjection({ serviceAccountToken, downwardAPI }: VolumeProjection): void {
  if (serviceAccountToken !== undefined) serviceAccountToken.expirationSeconds ??= tokenSeconds;
  if (downwardAPI !== undefined) defaultDownwardItems(downwardAPI);
}

export function defaultClaimSpec(spec: PersistentVolumeClaimSpec): void {
  spec.volumeMode ??= "Filesystem";
  roundResourceList(spec.resources?.requests);
  roundResourceList(spec.resources?.limits);
}

/** Sources that volumes and persistent volumes share. */
export function defaultLegacySources({
  hostPath,
  iscsi,
  rbd,
  azureDisk,
  scaleIO,
}: Pick<Sources, "hostPath" | "iscsi"> & {
  rbd?:
    | { pool?: string | undefined; user?: string | undefined; keyring?: string | undefined }
    | undefined;
  azureDisk?: Sources["azureDisk"];
  scaleIO?: { storageMode?: string | undefined; fsType?: string | undefined } | undefined;
}): void {
  if (hostPath !== undefined) hostPath.type ??= "";
  if (iscsi !== undefined) iscsi.iscsiInterface ||= "default";
  if (rbd !== undefined) {
    rbd.pool ||= "rbd";
    rbd.user ||= "admin";
    rbd.keyring ||= "/etc/ceph/keyring";
  }
  if (azureDisk !== undefined) {
    azureDisk.cachingMode ??= "ReadWrite";
    azureDisk.kind ??= "Shared";
    azureDisk.fsType ??= "ext4";
    azureDisk.readOnly ??= false;
  }
  if (scaleIO !== undefined) {
    scaleIO.storageMode ||= "ThinProvisioned";
    scaleIO.fsType ||= "xfs";
  }
}
