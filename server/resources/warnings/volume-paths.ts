/** Warnings about files of one volume that hide each other. */
import type { Volume, VolumeProjection } from "#gen/api/core/v1.ts";

interface Place {
  readonly path: string;
  /** Where it is from, as it is shown; spelled only when it is. */
  readonly source: () => string;
}

const quoted = (text: string | undefined): string => JSON.stringify(text ?? "");
const shown = ({ path, source }: Place): string =>
  source === unnamed ? quoted(path) : `${quoted(path)} (${source()})`;
const unnamed = (): string => "";

function placesOf(
  items: readonly { path?: string }[] | undefined,
  source: () => string,
): readonly Place[] {
  return items === undefined ? [] : items.map(({ path = "" }) => ({ path, source }));
}

/** Each pair of which one is the other or lies in it. */
function overlaps(places: readonly Place[]): string[] {
  if (places.length < 2) return [];
  const seen: Place[] = [];
  const found: string[] = [];
  for (const { path, source } of places) {
    const place = { path: path.replace(/\/+$/, ""), source };
    const mine = `${place.path}/`;
    for (const other of seen) {
      const theirs = `${other.path}/`;
      const apart = place.path === "" || other.path === "";
      if (!apart && (theirs.startsWith(mine) || mine.startsWith(theirs)))
        found.push(`${shown(place)} with ${shown(other)}`);
    }
    seen.push(place);
  }
  return found;
}

function projectedPlaces(source: VolumeProjection): readonly Place[] {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle } = source;
  const certificate = source.podCertificate;
  const places = [
    ...placesOf(configMap?.items, () => `ConfigMap ${quoted(configMap?.name)}`),
    ...placesOf(secret?.items, () => `Secret ${quoted(secret?.name)}`),
    ...placesOf(downwardAPI?.items, () => "DownwardAPI"),
  ];
  if (serviceAccountToken !== undefined)
    places.push(...placesOf([serviceAccountToken], () => "ServiceAccountToken"));
  if (clusterTrustBundle !== undefined) {
    const { name, signerName } = clusterTrustBundle;
    const of = (): string => `ClusterTrustBundle ${quoted(name ?? signerName)}`;
    places.push(...placesOf([clusterTrustBundle], of));
  }
  if (certificate === undefined) return places;
  for (const [path, word] of [
    [certificate.certificateChainPath, "PodCertificate chain"],
    [certificate.keyPath, "PodCertificate key"],
    [certificate.credentialBundlePath, "PodCertificate credential bundle"],
  ] as const)
    if (path) places.push({ path, source: () => word });
  return places;
}

export function pathWarnings(volumes: readonly Volume[]): string[] {
  const found: string[] = [];
  for (const { name, configMap, secret, downwardAPI, projected } of volumes) {
    const add = (what: () => string, places: readonly Place[]): void => {
      for (const body of overlaps(places))
        found.push(`volume ${quoted(name)} (${what()}): overlapping paths: ${body}`);
    };
    add(() => `ConfigMap ${quoted(configMap?.name)}`, placesOf(configMap?.items, unnamed));
    add(() => `Secret ${quoted(secret?.secretName)}`, placesOf(secret?.items, unnamed));
    add(() => "DownwardAPI", placesOf(downwardAPI?.items, unnamed));
    const sources = projected?.sources ?? [];
    for (const source of sources)
      if (Object.values(source).every((value) => value === undefined))
        found.push(`volume ${quoted(name)} (Projected) has no sources provided`);
    add(() => "Projected", sources.flatMap(projectedPlaces));
  }
  return found;
}
