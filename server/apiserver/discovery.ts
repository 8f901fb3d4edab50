/**
 * Discovery: what is served, in the legacy form (a list a group-version) and in the aggregated one (everything at
 * once). Made from the registry and the custom resources that are served now.
 */
import { createHash } from "node:crypto";
import type { APIGroup, APIResource } from "#gen/api/meta/v1.ts";
import type { ResourceRef, SubresourceRef } from "#gen/api/resource-ref.ts";
import type { Resource } from "#resources/resource.ts";

/** base64 of the first eight bytes of SHA-256 over group/version/kind of what is stored. */
export function storageVersionHash({ group, version, kind }: ResourceRef): string {
  const hash = createHash("sha256").update(`${group}/${version}/${kind}`).digest();
  return hash.subarray(0, 8).toString("base64");
}

/** Kinds that are never stored have no hash; neither have reads of the inside (componentstatuses). */
function isStored({ verbs }: ResourceRef): boolean {
  return verbs.includes("watch");
}

export function groupVersionOf({ group, version }: { group: string; version: string }): string {
  return group === "" ? version : `${group}/${version}`;
}

function optional<T>(name: string, values: readonly T[]): object {
  return values.length === 0 ? {} : { [name]: values };
}

function legacyResource({ ref, storedAs }: Resource): APIResource {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = ref;
  return {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs: [...verbs],
    ...optional("shortNames", shortNames),
    ...optional("categories", categories),
    ...(isStored(ref) ? { storageVersionHash: storageVersionHash(storedAs?.ref ?? ref) } : {}),
  };
}

function legacySubresource(ref: ResourceRef, subresource: SubresourceRef): APIResource {
  const { name, group, version, kind, verbs } = subresource;
  const foreign = group !== ref.group || version !== ref.version;
  return {
    name: `${ref.plural}/${name}`,
    singularName: "",
    namespaced: ref.namespaced,
    ...(foreign ? { group, version } : {}),
    kind,
    verbs: [...verbs],
  };
}

export function legacyResources(resources: readonly Resource[]): APIResource[] {
  return resources.flatMap((resource) => [
    legacyResource(resource),
    ...resource.ref.subresources.map((subresource) => legacySubresource(resource.ref, subresource)),
  ]);
}

export interface GroupVersion {
  readonly group: string;
  readonly version: string;
  readonly resources: readonly Resource[];
}

/** In the registry's order: groups by upstream's priority, versions preferred first. */
export function groupVersions(registry: readonly Resource[]): GroupVersion[] {
  const byVersion = Map.groupBy(registry, ({ ref }) => groupVersionOf(ref));
  return [...byVersion.values()].flatMap((resources) => {
    const [first] = resources;
    return first === undefined
      ? []
      : [{ group: first.ref.group, version: first.ref.version, resources }];
  });
}

export function apiGroup(group: string, all: readonly GroupVersion[]): APIGroup | undefined {
  const versions = all
    .filter((one) => one.group === group)
    .map((one) => ({ groupVersion: groupVersionOf(one), version: one.version }));
  const [preferredVersion] = versions;
  if (preferredVersion === undefined) return undefined;
  return { kind: "APIGroup", apiVersion: "v1", name: group, versions, preferredVersion };
}

function responseKind(ref: ResourceRef, { group, version, kind }: SubresourceRef): object {
  const own = group === ref.group && version === ref.version;
  return own ? { group: "", version: "", kind } : { group, version, kind };
}

function aggregatedResource({ ref }: Resource): object {
  const { plural, singular, namespaced, kind, verbs, shortNames, categories } = ref;
  return {
    resource: plural,
    responseKind: { group: "", version: "", kind },
    scope: namespaced ? "Namespaced" : "Cluster",
    singularResource: singular,
    verbs,
    ...optional("shortNames", shortNames),
    ...optional("categories", categories),
    ...optional(
      "subresources",
      ref.subresources.map((subresource) => ({
        subresource: subresource.name,
        responseKind: responseKind(ref, subresource),
        verbs: subresource.verbs,
      })),
    ),
  };
}

/** APIGroupDiscoveryList of the core group (`/api`) or of all others (`/apis`). */
export function aggregated(all: readonly GroupVersion[], core: boolean): object {
  const groups = Map.groupBy(
    all.filter(({ group }) => (group === "") === core),
    ({ group }) => group,
  );
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: [...groups].map(([group, versions]) => ({
      metadata: group === "" ? { creationTimestamp: null } : { name: group },
      versions: versions.map((one) => ({
        version: one.version,
        resources: one.resources.map(aggregatedResource),
        freshness: "Current",
      })),
    })),
  };
}

/** `/apis/apps` and `/apis/apps/v1`; `/api/v1` of the core. */
export function groupPaths(resources: readonly Resource[]): readonly string[] {
  const all = groupVersions(resources).flatMap(({ group, version }) =>
    group === "" ? [`/api/${version}`] : [`/apis/${group}`, `/apis/${group}/${version}`],
  );
  return [...new Set(all)];
}
