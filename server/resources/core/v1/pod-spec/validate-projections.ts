/** Files that volumes are made of: keys of ConfigMaps and Secrets, the downward API, tokens, bundles, certificates. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";
import { isQualifiedName, isUnixId } from "#apimachinery/validate.ts";
import type {
  ClusterTrustBundleProjection,
  DownwardAPIVolumeFile,
  KeyToPath,
  PodCertificateProjection,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from "#gen/api/core/v1.ts";
import { signerName } from "#resources/certificates/v1/signer-name.ts";
import { signerIn, trustBundleNameFaults } from "#resources/certificates/v1/trust-bundle-name.ts";
import { validateLabelSelector } from "#resources/validate-selector.ts";
import { containerResource, objectField, volumeFields } from "./validate-field-refs.ts";
import { fileMode, localNonReservedPath } from "./validate-paths.ts";

export function userId(checks: FieldChecks, path: Path, user: number | undefined): void {
  if (user !== undefined) checks.each(path, user, isUnixId(user));
}

export function keyToPath(checks: FieldChecks, item: KeyToPath, path: Path): void {
  checks.present(path.child("key"), item.key);
  checks.present(path.child("path"), item.path);
  localNonReservedPath(checks, path.child("path"), item.path ?? "");
  fileMode(checks, path.child("mode"), item.mode);
  userId(checks, path.child("user"), item.user);
}

export function downwardAPIFile(
  checks: FieldChecks,
  file: DownwardAPIVolumeFile,
  path: Path,
): void {
  checks.present(path.child("path"), file.path);
  localNonReservedPath(checks, path.child("path"), file.path ?? "");
  if (file.fieldRef !== undefined) {
    objectField(checks, file.fieldRef, { path: path.child("fieldRef"), fields: volumeFields });
    if (file.resourceFieldRef !== undefined)
      checks.invalid(
        path,
        "resource",
        "fieldRef and resourceFieldRef can not be specified simultaneously",
      );
  } else if (file.resourceFieldRef !== undefined) {
    containerResource(checks, file.resourceFieldRef, {
      path: path.child("resourceFieldRef"),
      named: true,
    });
  } else {
    checks.required(path, "one of fieldRef and resourceFieldRef is required");
  }
  fileMode(checks, path.child("mode"), file.mode);
  userId(checks, path.child("user"), file.user);
}

interface ProjectionPlace {
  /** Of the volume: where upstream reports what files of several sources collide in. */
  readonly path: Path;
  readonly source: Path;
  /** Files so far. */
  readonly paths: Set<string>;
}

function claimPath(checks: FieldChecks, { path, paths }: ProjectionPlace, file: string): void {
  if (paths.has(file)) checks.invalid(path, file, "conflicting duplicate paths");
  paths.add(file);
}

export function projectedSource(
  checks: FieldChecks,
  projection: VolumeProjection,
  place: ProjectionPlace,
): void {
  let sources = 0;
  for (const kind of ["secret", "configMap"] as const) {
    const source = projection[kind];
    if (source === undefined) continue;
    sources += 1;
    const path = place.source.child(kind);
    checks.present(path.child("name"), source.name);
    for (const [index, item] of (source.items ?? []).entries()) {
      keyToPath(checks, item, path.child("items").index(index));
      if (item.path) claimPath(checks, place, item.path);
    }
  }
  if (projection.downwardAPI !== undefined) {
    sources += 1;
    for (const file of projection.downwardAPI.items ?? []) {
      downwardAPIFile(checks, file, place.source.child("downwardAPI"));
      if (file.path) claimPath(checks, place, file.path);
    }
  }
  if (projection.serviceAccountToken !== undefined) {
    sources += 1;
    serviceAccountToken(checks, projection.serviceAccountToken, place);
  }
  if (projection.clusterTrustBundle !== undefined) {
    sources += 1;
    clusterTrustBundle(checks, projection.clusterTrustBundle, place);
  }
  if (projection.podCertificate !== undefined) {
    sources += 1;
    podCertificate(checks, projection.podCertificate, place);
  }
  if (sources > 1)
    checks.forbidden(place.source, "may not specify more than 1 volume type per source");
}

const tokenSecondsMin = 600;
const tokenSecondsMax = 2 ** 32;

function serviceAccountToken(
  checks: FieldChecks,
  { expirationSeconds, path: file = "", user }: ServiceAccountTokenProjection,
  { path, source }: ProjectionPlace,
): void {
  const here = source.child("serviceAccountToken");
  if (expirationSeconds === undefined) checks.required(here.child("expirationSeconds"));
  else if (expirationSeconds < tokenSecondsMin)
    checks.invalid(
      here.child("expirationSeconds"),
      expirationSeconds,
      "may not specify a duration less than 10 minutes",
    );
  else if (expirationSeconds > tokenSecondsMax)
    checks.invalid(
      here.child("expirationSeconds"),
      expirationSeconds,
      "may not specify a duration larger than 2^32 seconds",
    );
  // Upstream reports the path at the volume, not at the source.
  if (checks.present(path.child("path"), file))
    localNonReservedPath(checks, path.child("path"), file);
  userId(checks, here.child("user"), user);
}

function clusterTrustBundle(
  checks: FieldChecks,
  bundle: ClusterTrustBundleProjection,
  place: ProjectionPlace,
): void {
  const path = place.source.child("clusterTrustBundle");
  const { name, signerName: signer, labelSelector, path: file = "", user } = bundle;
  if (name !== undefined && signer !== undefined) {
    checks.invalid(path, bundle, "only one of name and signerName may be used");
  } else if (name !== undefined) {
    checks.present(path.child("name"), name, "must be a valid object name");
    checks.each(path.child("name"), name, trustBundleNameFaults(name, signerIn(name)));
    if (labelSelector !== undefined)
      checks.invalid(
        path.child("labelSelector"),
        labelSelector,
        "labelSelector must be unset if name is specified",
      );
  } else if (signer !== undefined) {
    checks.present(path.child("signerName"), signer, "must be a valid signer name");
    signerName(checks, path.child("signerName"), signer);
    checks.add(validateLabelSelector(labelSelector, path.child("labelSelector")));
  } else {
    checks.required(path, "either name or signerName must be specified");
  }
  checks.present(path.child("path"), file);
  userId(checks, path.child("user"), user);
  localNonReservedPath(checks, path.child("path"), file);
  claimPath(checks, place, file);
}

const keyTypes = ["RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"];
const certificateSecondsMin = 3600;
const certificateSecondsMax = 91 * 24 * 3600;
const kubernetesSecondsMax = 24 * 3600;

function podCertificate(
  checks: FieldChecks,
  certificate: PodCertificateProjection,
  place: ProjectionPlace,
): void {
  const path = place.source.child("podCertificate");
  const { signerName: signer, userAnnotations, user, keyType, maxExpirationSeconds } = certificate;
  signerName(checks, path.child("signerName"), signer);
  for (const key of Object.keys(userAnnotations ?? {})) {
    const sentences = isQualifiedName(key.toLowerCase());
    checks.each(path.child("userAnnotations"), key, sentences);
    if (sentences.length === 0 && !key.includes("/"))
      checks.invalid(
        path.child("userAnnotations"),
        key,
        'must be a domain-prefixed key (such as "acme.io/foo")',
      );
  }
  userId(checks, path.child("user"), user);
  checks.oneOf(path.child("keyType"), keyType, keyTypes);
  const max = signer?.startsWith("kubernetes.io/") ? kubernetesSecondsMax : certificateSecondsMax;
  const secondsPath = path.child("maxExpirationSeconds");
  if (maxExpirationSeconds !== undefined && maxExpirationSeconds < certificateSecondsMin)
    checks.invalid(
      secondsPath,
      maxExpirationSeconds,
      "if provided, maxExpirationSeconds must be >= 3600",
    );
  if (maxExpirationSeconds !== undefined && maxExpirationSeconds > max)
    checks.invalid(
      secondsPath,
      maxExpirationSeconds,
      `if provided, maxExpirationSeconds must be <= ${max}`,
    );
  const files = (["credentialBundlePath", "keyPath", "certificateChainPath"] as const).filter(
    (field) => certificate[field],
  );
  for (const field of files) {
    localNonReservedPath(checks, path.child(field), certificate[field] ?? "");
    claimPath(checks, place, certificate[field] ?? "");
  }
  if (files.length === 0)
    checks.required(
      path,
      "specify at least one of credentialBundlePath, keyPath, and certificateChainPath",
    );
}
