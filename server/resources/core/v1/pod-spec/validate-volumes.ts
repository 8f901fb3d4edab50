/** Volumes of a Pod: a name each, and exactly one source. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";
import { quantitySign } from "#apimachinery/quantity.ts";
import { isDNS1123Subdomain } from "#apimachinery/validate.ts";
import type { HostPathVolumeSource, Volume } from "#gen/api/core/v1.ts";
import type { ObjectMeta } from "#gen/api/meta/v1.ts";
import { claimTemplate } from "#resources/core/v1/claim-spec.ts";
import { ephemeralClaimName } from "#resources/core/v1/pod-claims.ts";
import { legacySources, type SourceCheck } from "./validate-legacy-volumes.ts";
import { fileMode, noBacksteps } from "./validate-paths.ts";
import { downwardAPIFile, keyToPath, projectedSource, userId } from "./validate-projections.ts";
import { pullPolicy } from "./validate-pull-policy.ts";

type Sources = Omit<Volume, "name">;
type Checked = { [K in keyof Sources]-?: SourceCheck<NonNullable<Sources[K]>> };

const hostPathTypes = [
  "",
  "DirectoryOrCreate",
  "Directory",
  "FileOrCreate",
  "File",
  "Socket",
  "CharDevice",
  "BlockDevice",
];

/** Of a Pod's volume and of a PersistentVolume alike. */
export function hostPathSource(
  checks: FieldChecks,
  { path: hostPath, type }: HostPathVolumeSource,
  path: Path,
): void {
  if (!checks.present(path.child("path"), hostPath)) return;
  noBacksteps(checks, path.child("path"), hostPath);
  if (type !== undefined) checks.oneOf(path.child("type"), type, hostPathTypes);
}

/** In upstream's order: a second source is refused by its own name. */
const sourceChecks: Partial<Checked> = {
  emptyDir: (checks, { sizeLimit, mode }, path) => {
    if (sizeLimit !== undefined && quantitySign(sizeLimit) < 0)
      checks.forbidden(
        path.child("sizeLimit"),
        "SizeLimit field must be a valid resource quantity",
      );
    if (mode !== undefined && (mode < 0 || mode > 0o1777))
      checks.invalid(
        path.child("mode"),
        mode,
        "must be a number between 0 and 01777 (octal), both inclusive",
      );
  },
  hostPath: hostPathSource,
  secret: (checks, { secretName, defaultMode, defaultUser, items }, path) => {
    checks.present(path.child("secretName"), secretName);
    fileMode(checks, path.child("defaultMode"), defaultMode);
    userId(checks, path.child("defaultUser"), defaultUser);
    for (const [index, item] of (items ?? []).entries())
      keyToPath(checks, item, path.child("items").index(index));
  },
  persistentVolumeClaim: (checks, { claimName }, path) => {
    checks.present(path.child("claimName"), claimName);
  },
  downwardAPI: (checks, { defaultMode, defaultUser, items }, path) => {
    fileMode(checks, path.child("defaultMode"), defaultMode);
    userId(checks, path.child("defaultUser"), defaultUser);
    for (const file of items ?? []) downwardAPIFile(checks, file, path);
  },
  configMap: (checks, { name, defaultMode, defaultUser, items }, path) => {
    checks.present(path.child("name"), name);
    fileMode(checks, path.child("defaultMode"), defaultMode);
    userId(checks, path.child("defaultUser"), defaultUser);
    for (const [index, item] of (items ?? []).entries())
      keyToPath(checks, item, path.child("items").index(index));
  },
  projected: (checks, { defaultMode, defaultUser, sources }, path) => {
    fileMode(checks, path.child("defaultMode"), defaultMode);
    userId(checks, path.child("defaultUser"), defaultUser);
    const paths = new Set<string>();
    for (const [index, source] of (sources ?? []).entries())
      projectedSource(checks, source, { path, source: path.child("sources").index(index), paths });
  },
  csi: (checks, { driver, nodePublishSecretRef }, path) => {
    csiDriverName(checks, path.child("driver"), driver);
    if (nodePublishSecretRef === undefined) return;
    const { name = "" } = nodePublishSecretRef;
    if (checks.present(path.child("nodePublishSecretRef", "name"), name))
      checks.subdomain(path.child("name"), name);
  },
  ephemeral: (checks, { volumeClaimTemplate }, path) => {
    const templatePath = path.child("volumeClaimTemplate");
    if (volumeClaimTemplate === undefined) checks.required(templatePath);
    else claimTemplate(checks, volumeClaimTemplate, templatePath);
  },
  image: (checks, { reference, pullPolicy: policy }, path) => {
    checks.present(path.child("reference"), reference);
    pullPolicy(checks, path.child("pullPolicy"), policy);
  },
  ...legacySources,
};

const order: readonly (keyof Sources)[] = [
  "emptyDir",
  "hostPath",
  "gitRepo",
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "secret",
  "nfs",
  "iscsi",
  "glusterfs",
  "flocker",
  "persistentVolumeClaim",
  "rbd",
  "cinder",
  "cephfs",
  "quobyte",
  "downwardAPI",
  "fc",
  "flexVolume",
  "configMap",
  "azureFile",
  "vsphereVolume",
  "photonPersistentDisk",
  "portworxVolume",
  "azureDisk",
  "storageos",
  "projected",
  "scaleIO",
  "csi",
  "ephemeral",
  "image",
];

/** Upstream names two of them by other words. */
const checkedAs: Partial<Record<keyof Sources, string>> = { gcePersistentDisk: "persistentDisk" };
const refusedAs: Partial<Record<keyof Sources, string>> = {
  cephfs: "cephFS",
  downwardAPI: "downwarAPI",
};

export function csiDriverName(checks: FieldChecks, path: Path, name: string | undefined): void {
  if (!checks.present(path, name) || name === undefined) return;
  if (name.length > 63)
    checks.add([
      {
        reason: "FieldValueTooLong",
        field: path.text,
        message: "Too long: may not be more than 63 bytes",
      },
    ]);
  checks.each(path, name, isDNS1123Subdomain(name.toLowerCase()));
}

function volumeSource(checks: FieldChecks, volume: Volume, path: Path): void {
  let found = false;
  for (const kind of order) {
    const source = volume[kind];
    if (source === undefined) continue;
    if (found)
      checks.forbidden(
        path.child(refusedAs[kind] ?? kind),
        "may not specify more than 1 volume type",
      );
    // Each check takes the source of its own name: the table's type says so, which a loop cannot show.
    else
      (sourceChecks[kind] as SourceCheck<typeof source> | undefined)?.(
        checks,
        source,
        path.child(checkedAs[kind] ?? kind),
        volume.name,
      );
    found = true;
  }
  if (
    volume.iscsi?.initiatorName !== undefined &&
    `${volume.name}:${volume.iscsi.targetPortal}`.length > 64
  )
    checks.invalid(
      path.child("name"),
      volume.name,
      "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.",
    );
  if (!found) checks.required(path, "must specify a volume type");
}

/** The sound volumes by name: mounts of others are not found. */
export function validateVolumes(
  checks: FieldChecks,
  volumes: readonly Volume[],
  { path, meta }: { path: Path; meta: ObjectMeta | undefined },
): ReadonlyMap<string, Volume> {
  const sound = new Map<string, Volume>();
  const pod = { metadata: { name: meta?.name ?? "" } };
  const isNamed = pod.metadata.name !== "";
  const claims = new Set(
    volumes
      .filter(({ ephemeral }) => isNamed && ephemeral !== undefined)
      .map((volume) => ephemeralClaimName(pod, volume)),
  );
  for (const [index, volume] of volumes.entries()) {
    const here = path.index(index);
    const own = new FieldChecks();
    volumeSource(own, volume, here);
    if (volume.ephemeral !== undefined && isNamed && volume.name)
      own.each(
        here.child("name"),
        volume.name,
        isDNS1123Subdomain(ephemeralClaimName(pod, volume)),
      );
    own.presentLabel(here.child("name"), volume.name);
    if (sound.has(volume.name)) own.duplicate(here.child("name"), volume.name);
    if (own.errors.length === 0) sound.set(volume.name, volume);
    checks.add(own.errors);
    const claim = volume.persistentVolumeClaim?.claimName ?? "";
    if (claims.has(claim))
      checks.invalid(
        here.child("persistentVolumeClaim", "claimName"),
        claim,
        "must not reference a PVC that gets created for an ephemeral volume",
      );
  }
  return sound;
}
