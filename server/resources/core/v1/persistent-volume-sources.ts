/** Where the data of a PersistentVolume lies: sources as Pods have them too, but secrets with their namespaces. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";
import type { PersistentVolumeSpec } from "#gen/api/core/v1.ts";
import { legacySources, type SourceCheck } from "./pod-spec/validate-legacy-volumes.ts";
import { noBacksteps } from "./pod-spec/validate-paths.ts";
import { csiDriverName, hostPathSource } from "./pod-spec/validate-volumes.ts";

type Kind =
  | "hostPath"
  | "gcePersistentDisk"
  | "awsElasticBlockStore"
  | "glusterfs"
  | "flocker"
  | "nfs"
  | "rbd"
  | "quobyte"
  | "cephfs"
  | "iscsi"
  | "cinder"
  | "fc"
  | "flexVolume"
  | "azureFile"
  | "vsphereVolume"
  | "photonPersistentDisk"
  | "portworxVolume"
  | "azureDisk"
  | "scaleIO"
  | "local"
  | "storageos"
  | "csi";

type Sources = { readonly [K in Kind]: SourceCheck<NonNullable<PersistentVolumeSpec[K]>> };

interface SecretReference {
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
}

/** Of CSI, whose names are judged too. */
function namedSecret(
  checks: FieldChecks,
  path: Path,
  reference: SecretReference | undefined,
): void {
  secret(checks, path, reference);
  checks.subdomain(path.child("name"), reference?.name || undefined);
  checks.label(path.child("namespace"), reference?.namespace || undefined);
}

function secret(checks: FieldChecks, path: Path, reference: SecretReference | undefined): void {
  if (reference === undefined) return;
  checks.present(path.child("name"), reference.name);
  checks.present(path.child("namespace"), reference.namespace);
}

const present =
  <T>(...fields: readonly (keyof T & string)[]): SourceCheck<T> =>
  (checks, source, path) => {
    for (const field of fields) {
      const value: unknown = source[field];
      const isEmpty = Array.isArray(value) ? value.length === 0 : !value;
      if (isEmpty) checks.required(path.child(field));
    }
  };

/** In upstream's order: of several the first is judged. */
const sources: Sources = {
  hostPath: hostPathSource,
  gcePersistentDisk: legacySources.gcePersistentDisk,
  awsElasticBlockStore: legacySources.awsElasticBlockStore,
  glusterfs: (checks, { endpoints, path: volumePath, endpointsNamespace }, path) => {
    checks.present(path.child("endpoints"), endpoints);
    checks.present(path.child("path"), volumePath);
    if (endpointsNamespace === "")
      checks.invalid(
        path.child("endpointsNamespace"),
        "",
        "if the endpointnamespace is set, it must be a valid namespace name",
      );
    else checks.label(path.child("endpointsNamespace"), endpointsNamespace);
  },
  flocker: legacySources.flocker,
  nfs: legacySources.nfs,
  rbd: present("monitors", "image"),
  quobyte: legacySources.quobyte,
  cephfs: present("monitors"),
  iscsi: (checks, source, path, name) => {
    legacySources.iscsi(checks, source, path, name);
    if (source.initiatorName !== undefined && `${name}:${source.targetPortal}`.length > 64)
      checks.invalid(
        path.child("targetportal"),
        source.targetPortal,
        "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.",
      );
  },
  cinder: (checks, { volumeID, secretRef }, path) => {
    checks.present(path.child("volumeID"), volumeID);
    secret(checks, path.child("secretRef"), secretRef);
  },
  fc: legacySources.fc,
  flexVolume: (checks, { driver, options }, path) =>
    legacySources.flexVolume(checks, { driver, options }, path, ""),
  azureFile: (checks, { secretName, shareName, secretNamespace }, path) => {
    checks.present(path.child("secretName"), secretName);
    checks.present(path.child("shareName"), shareName);
    if (secretNamespace === "") checks.required(path.child("secretNamespace"));
  },
  vsphereVolume: legacySources.vsphereVolume,
  photonPersistentDisk: legacySources.photonPersistentDisk,
  portworxVolume: legacySources.portworxVolume,
  azureDisk: legacySources.azureDisk,
  scaleIO: present("gateway", "system", "volumeName"),
  local: (checks, { path: localPath = "" }, path) => {
    if (checks.present(path.child("path"), localPath))
      noBacksteps(checks, path.child("path"), localPath);
  },
  storageos: (checks, { volumeName, volumeNamespace, secretRef }, path) => {
    checks.presentLabel(path.child("volumeName"), volumeName);
    if (volumeNamespace) checks.label(path.child("volumeNamespace"), volumeNamespace);
    secret(checks, path.child("secretRef"), secretRef);
  },
  csi: (checks, source, path) => {
    csiDriverName(checks, path.child("driver"), source.driver);
    checks.present(path.child("volumeHandle"), source.volumeHandle);
    for (const field of [
      "controllerPublishSecretRef",
      "controllerExpandSecretRef",
      "nodePublishSecretRef",
      "nodeExpandSecretRef",
    ] as const)
      namedSecret(checks, path.child(field), source[field]);
  },
};

// The keys of a mapped type over Kind.
export const volumeSources = Object.keys(sources) as readonly Kind[];

/** Upstream names some by other words than their fields. */
const judgedAs: Partial<Record<Kind, string>> = { gcePersistentDisk: "persistentDisk" };
const refusedAs: Partial<Record<Kind, string>> = { cephfs: "cephFS" };

interface Place {
  readonly path: Path;
  /** Of the PersistentVolume; empty for an inline one. */
  readonly name: string;
}

/** Exactly one source, and that one sound. */
/** Returns the source that counts: the first of several. */
export function validateVolumeSource(
  checks: FieldChecks,
  spec: PersistentVolumeSpec,
  { path, name }: Place,
): Kind | undefined {
  const [first, ...more] = volumeSources.filter((kind) => spec[kind] !== undefined);
  if (first === undefined) checks.required(path, "must specify a volume type");
  else judge(checks, first, { spec, path, name });
  for (const kind of more) {
    // Upstream forgot to refuse this one beside another: it judges both.
    if (kind === "flexVolume") judge(checks, kind, { spec, path, name });
    else
      checks.forbidden(
        path.child(refusedAs[kind] ?? kind),
        "may not specify more than 1 volume type",
      );
  }
  return first;
}

function judge<K extends Kind>(
  checks: FieldChecks,
  kind: K,
  { spec, path, name }: Place & { readonly spec: PersistentVolumeSpec },
): void {
  const source = spec[kind];
  if (source === undefined) return;
  sources[kind](checks, source, path.child(judgedAs[kind] ?? kind), name);
}
