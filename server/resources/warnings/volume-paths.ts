/** Warnings about files of one volume that hide each other. */
import type { Volume, VolumeProjection } from "#gen/api/core/v1.ts";

interface Place {
  readonly path: string;
  readonly source: string;
}

const quoted = (text: string | undefined): string => JSON.stringify(text ?? "");
const shown = ({ path, source }: Place): string =>
  source === "" ? quoted(path) : `${quoted(path)} (${source})`;

function placesOf(items: readonly { path?: string }[] | undefined, source: string): Place[] {
  return (items ?? []).map(({ path = "" }) => ({ path, source }));
}

/** Each pair of which one is the other or lies in it. */
function overlaps(places: readonly Place[]): string[] {
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

function projectedPlaces(source: VolumeProjection): Place[] {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle } = source;
  const certificate = source.podCertificate;
  return [
    ...placesOf(configMap?.items, `ConfigMap ${quoted(configMap?.name)}`),
    ...placesOf(secret?.items, `Secret ${quoted(secret?.name)}`),
    ...placesOf(downwardAPI?.items, "DownwardAPI"),
    ...(serviceAccountToken === undefined
      ? []
      : placesOf([serviceAccountToken], "ServiceAccountToken")),
    ...(clusterTrustBundle === undefined
      ? []
      : placesOf(
          [clusterTrustBundle],
          `ClusterTrustBundle ${quoted(clusterTrustBundle.name ?? clusterTrustBundle.signerName)}`,
        )),
    ...(
      [
        [certificate?.certificateChainPath, "PodCertificate chain"],
        [certificate?.keyPath, "PodCertificate key"],
        [certificate?.credentialBundlePath, "PodCertificate credential bundle"],
      ] as const
    ).flatMap(([path, word]) => (path ? [{ path, source: word }] : [])),
  ];
}

export function pathWarnings(volumes: readonly Volume[]): string[] {
  return volumes.flatMap((volume) => {
    const { configMap, secret, downwardAPI, projected } = volume;
    const name = quoted(volume.name);
    const of = (what: string, places: readonly Place[]): string[] =>
      overlaps(places).map((body) => `volume ${name} (${what}): overlapping paths: ${body}`);
    const sources = projected?.sources ?? [];
    const empty = sources.filter((source) =>
      Object.values(source).every((value) => value === undefined),
    );
    return [
      ...of(`ConfigMap ${quoted(configMap?.name)}`, placesOf(configMap?.items, "")),
      ...of(`Secret ${quoted(secret?.secretName)}`, placesOf(secret?.items, "")),
      ...of("DownwardAPI", placesOf(downwardAPI?.items, "")),
      ...empty.map(() => `volume ${name} (Projected) has no sources provided`),
      ...of("Projected", sources.flatMap(projectedPlaces)),
    ];
  });
}
