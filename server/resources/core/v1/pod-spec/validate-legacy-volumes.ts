/** Volume sources of network and cloud storage. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";
import type { AzureDiskVolumeSource, ISCSIVolumeSource, Volume } from "#gen/api/core/v1.ts";
import { localDescendingPath } from "./validate-paths.ts";

export type SourceCheck<T> = (
  checks: FieldChecks,
  source: T,
  path: Path,
  volumeName: string,
) => void;

type Sources = Omit<Volume, "name">;
type Kind =
  | "gitRepo"
  | "gcePersistentDisk"
  | "awsElasticBlockStore"
  | "nfs"
  | "iscsi"
  | "glusterfs"
  | "flocker"
  | "rbd"
  | "cinder"
  | "cephfs"
  | "quobyte"
  | "fc"
  | "flexVolume"
  | "azureFile"
  | "vsphereVolume"
  | "photonPersistentDisk"
  | "portworxVolume"
  | "azureDisk"
  | "storageos"
  | "scaleIO";

type Legacy = { [K in Kind]: SourceCheck<NonNullable<Sources[K]>> };

/** Fields that must be there, and no more than that. */
function requires<T>(...fields: readonly (keyof T & string)[]): SourceCheck<T> {
  return (checks, source, path) => {
    for (const field of fields) {
      const value: unknown = source[field];
      const empty =
        value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
      if (empty) checks.required(path.child(field));
    }
  };
}

const partitionSentence = "must be between 0 and 255, inclusive";

function partition(checks: FieldChecks, path: Path, value: number | undefined): void {
  if (value !== undefined && (value < 0 || value > 255))
    checks.invalid(path.child("partition"), value, partitionSentence);
}

export const legacySources: Legacy = {
  gitRepo: (checks, { repository, directory = "" }, path) => {
    checks.present(path.child("repository"), repository);
    localDescendingPath(checks, path.child("directory"), directory);
  },
  gcePersistentDisk: (checks, source, path) => {
    checks.present(path.child("pdName"), source.pdName);
    partition(checks, path, source.partition);
  },
  awsElasticBlockStore: (checks, source, path) => {
    checks.present(path.child("volumeID"), source.volumeID);
    partition(checks, path, source.partition);
  },
  nfs: (checks, { server, path: exported = "" }, path) => {
    checks.present(path.child("server"), server);
    checks.present(path.child("path"), exported);
    if (!exported.startsWith("/"))
      checks.invalid(path.child("path"), exported, "must be an absolute path");
  },
  iscsi: validateISCSI,
  glusterfs: requires("endpoints", "path"),
  flocker: (checks, { datasetName = "", datasetUUID = "" }, path) => {
    if (datasetName === "" && datasetUUID === "")
      checks.required(path, "one of datasetName and datasetUUID is required");
    if (datasetName !== "" && datasetUUID !== "")
      checks.invalid(
        path,
        "resource",
        "datasetName and datasetUUID can not be specified simultaneously",
      );
    if (datasetName.includes("/"))
      checks.invalid(path.child("datasetName"), datasetName, "must not contain '/'");
  },
  rbd: requires("monitors", "image"),
  cinder: (checks, { volumeID, secretRef }, path) => {
    checks.present(path.child("volumeID"), volumeID);
    if (secretRef !== undefined) checks.present(path.child("secretRef", "name"), secretRef.name);
  },
  cephfs: requires("monitors"),
  quobyte: (checks, { registry = "", tenant = "", volume }, path) => {
    const sentence = "must be a host:port pair or multiple pairs separated by commas";
    if (registry === "") checks.required(path.child("registry"), sentence);
    else if (tenant.length >= 65)
      checks.required(
        path.child("tenant"),
        "must be a UUID and may not exceed a length of 64 characters",
      );
    else
      for (const pair of registry.split(","))
        if (!/^(\[[^\]]*\]|[^:[\]]*):[^:]*$/.test(pair))
          checks.invalid(path.child("registry"), registry, sentence);
    checks.present(path.child("volume"), volume);
  },
  fc: (checks, { targetWWNs = [], wwids = [], lun }, path) => {
    if (targetWWNs.length === 0 && wwids.length === 0)
      checks.required(
        path.child("targetWWNs"),
        "must specify either targetWWNs or wwids, but not both",
      );
    if (targetWWNs.length > 0 && wwids.length > 0)
      checks.invalid(
        path.child("targetWWNs"),
        targetWWNs,
        "targetWWNs and wwids can not be specified simultaneously",
      );
    if (targetWWNs.length === 0) return;
    if (lun === undefined)
      checks.required(path.child("lun"), "lun is required if targetWWNs is specified");
    checks.between(path.child("lun"), lun, [0, 255]);
  },
  flexVolume: (checks, { driver, options }, path) => {
    checks.present(path.child("driver"), driver);
    for (const key of Object.keys(options ?? {})) {
      const namespace = `.${(key.split("/")[0] ?? "").toLowerCase()}`;
      if (namespace.endsWith(".kubernetes.io") || namespace.endsWith(".k8s.io"))
        checks.invalid(
          path.child("options").key(key),
          key,
          "kubernetes.io and k8s.io namespaces are reserved",
        );
    }
  },
  azureFile: requires("secretName", "shareName"),
  vsphereVolume: requires("volumePath"),
  photonPersistentDisk: requires("pdID"),
  portworxVolume: requires("volumeID"),
  azureDisk: validateAzureDisk,
  storageos: (checks, { volumeName, volumeNamespace, secretRef }, path) => {
    checks.presentLabel(path.child("volumeName"), volumeName);
    checks.label(path.child("volumeNamespace"), volumeNamespace || undefined);
    if (secretRef !== undefined) checks.present(path.child("secretRef", "name"), secretRef.name);
  },
  scaleIO: requires("gateway", "system", "volumeName"),
};

const initiatorShapes: Readonly<Record<string, RegExp>> = {
  iqn: /^iqn\.\d{4}-\d{2}\.([a-zA-Z0-9.-]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[a-zA-Z0-9]{16}$/,
  naa: /^naa.[a-zA-Z0-9]{32}$/,
};

function initiator(checks: FieldChecks, path: Path, name: string): void {
  const shape = initiatorShapes[name.slice(0, 3)];
  if (shape === undefined)
    checks.invalid(path, name, "must be valid format starting with iqn, eui, or naa");
  else if (!shape.test(name)) checks.invalid(path, name, "must be valid format");
}

function validateISCSI(checks: FieldChecks, source: ISCSIVolumeSource, path: Path): void {
  checks.present(path.child("targetPortal"), source.targetPortal);
  if (checks.present(path.child("iqn"), source.iqn))
    initiator(checks, path.child("iqn"), source.iqn);
  checks.between(path.child("lun"), source.lun, [0, 255]);
  const needsSecret = source.chapAuthDiscovery === true || source.chapAuthSession === true;
  if (needsSecret && source.secretRef === undefined) checks.required(path.child("secretRef"));
  if (source.initiatorName !== undefined)
    initiator(checks, path.child("initiatorname"), source.initiatorName);
}

function validateAzureDisk(checks: FieldChecks, source: AzureDiskVolumeSource, path: Path): void {
  const { diskName, diskURI = "", cachingMode, kind } = source;
  checks.present(path.child("diskName"), diskName);
  checks.present(path.child("diskURI"), diskURI);
  if (cachingMode !== undefined)
    checks.oneOf(path.child("cachingMode"), cachingMode, ["None", "ReadOnly", "ReadWrite"]);
  if (kind === undefined) return;
  checks.oneOf(path.child("kind"), kind, ["Dedicated", "Managed", "Shared"]);
  const managed = kind === "Managed";
  if (!diskURI.startsWith(managed ? "/subscriptions/" : "https://"))
    checks.oneOf(path.child("diskURI"), diskURI, [
      managed
        ? "/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"
        : "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd",
    ]);
}
