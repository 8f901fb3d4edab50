/** What one URL plural serves: the resource's rules, how it was addressed, and where its objects are stored. */

import type { Version } from "#apimachinery/apply/versions.ts";
import type { Named } from "#apimachinery/status.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import type { Resource } from "#resources/resource.ts";
import type { Key } from "#storage/storage.ts";

export interface Endpoint {
  /** As the URL names it. */
  readonly ref: ResourceRef;
  /** `v1`, `apps/v1`: of the objects that this endpoint speaks. */
  readonly apiVersion: string;
  /** The rules of the addressed version: defaulting. */
  readonly addressed: Resource;
  /** The rules of the stored version: everything else. The same one where there is no conversion. */
  readonly resource: Resource;
  readonly conversion: Resource["storedAs"];
  /** A custom resource: JSON and YAML alone, no strategic merge, no type in the schema table. */
  readonly custom?: boolean;
  /** Told to clients with every answer: the version is on its way out. */
  readonly deprecation?: string | undefined;
  /** Of a custom resource: its endpoints by apiVersion, served or not: managers may have written in any. */
  readonly versions?: ReadonlyMap<string, Endpoint>;
  /** Aborted when watches of it must end: its definition changed or went. */
  readonly ends?: AbortSignal;
  /**
   * How objects of the addressed version merge, for a kind that is not in the schema table: a custom resource
   * definition makes it from its schema. Absent there: `deduced`.
   */
  readonly mergeType?: Version["type"];
  /** Appended to the names of encodings, so that two versions do not share bytes. */
  readonly form: string;
}

export type EndpointTable = ReadonlyMap<string, Endpoint>;

export function endpointId(at: { group: string; version: string; resource: string }): string {
  return `${at.group}/${at.version}/${at.resource}`;
}

const idOf = ({ group, version, plural }: ResourceRef): string =>
  endpointId({ group, version, resource: plural });

export function endpointTable(registry: readonly Resource[]): EndpointTable {
  const resources = new Map(registry.map((resource) => [idOf(resource.ref), resource]));
  const table = new Map<string, Endpoint>();
  for (const [id, addressed] of resources) {
    const { ref } = addressed;
    const conversion = addressed.storedAs;
    const stored = conversion && resources.get(idOf(conversion.ref));
    table.set(id, {
      ref,
      apiVersion: ref.group === "" ? ref.version : `${ref.group}/${ref.version}`,
      addressed,
      resource: stored ?? addressed,
      conversion: stored === undefined ? undefined : conversion,
      deprecation: addressed.deprecation,
      form: stored === undefined ? "" : `@${id}`,
    });
  }
  return table;
}

/** The store's key of a named object. */
export function keyOf(endpoint: Endpoint, namespace: string, name: string): Key {
  const { group, plural } = endpoint.resource.ref;
  return { group, resource: plural, namespace: endpoint.ref.namespaced ? namespace : "", name };
}

/** What refusals call it. */
export function named({ ref }: Endpoint, name: string): Named {
  return { group: ref.group, resource: ref.plural, name };
}

/** Upstream's package of a group's unversioned types, as its sentences name it: the group's first word. */
export const internalPackage = (group: string): string =>
  group === "" ? "core" : (group.split(".")[0] ?? "");

/** Where upstream's etcd keeps what is not kept under its plural. */
const storedUnder: Readonly<Record<string, string>> = {
  nodes: "minions",
  services: "services/specs",
  endpoints: "services/endpoints",
  replicationcontrollers: "controllers",
  ingresses: "ingress",
};

/** Upstream's sentence of a storage that refuses: it tells the key. */
export function storageFault(
  { ref }: Endpoint,
  at: { readonly namespace?: string | undefined; readonly name: string; readonly dryRun?: boolean },
  why: string,
): string {
  const place = storedUnder[ref.plural] ?? ref.plural;
  // A dry run does not come to where keys get their prefix.
  const root = at.dryRun === true ? "" : "/registry";
  const key = [place, at.namespace ?? "", at.name].filter((step) => step !== "");
  return `StorageError: invalid object, Code: 4, Key: ${root}/${key.join("/")}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`;
}
