/** Which resources the server serves now, custom ones included. */
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import type { Client } from "./client.ts";

const aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

interface DiscoveredResource {
  readonly resource: string;
  readonly responseKind?: { readonly kind?: string };
  readonly scope: "Cluster" | "Namespaced";
  readonly singularResource?: string;
  readonly verbs?: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}

interface DiscoveredVersion {
  readonly version: string;
  readonly resources?: readonly DiscoveredResource[];
  /** `Stale`: the extension server behind the group did not answer; what is shown may be incomplete. */
  readonly freshness?: "Current" | "Stale";
}

interface GroupDiscovery {
  readonly metadata: { readonly name?: string };
  readonly versions?: readonly DiscoveredVersion[];
}

export interface Discovery {
  /** One version of each resource: the first that its group prefers. */
  readonly resources: readonly ResourceRef[];
  /** Groups of which not everything is known. */
  readonly incomplete: readonly string[];
}

/** Throws ApiError when the server cannot be asked at all. */
export async function discover(client: Client): Promise<Discovery> {
  const groups = await Promise.all([groupsAt(client, "/api"), groupsAt(client, "/apis")]);
  const resources = new Map<string, ResourceRef>();
  const incomplete: string[] = [];
  for (const { metadata, versions = [] } of groups.flat()) {
    const group = metadata.name ?? "";
    for (const { version, resources: found = [], freshness } of versions) {
      if (freshness === "Stale") incomplete.push(`${group}/${version}`);
      for (const resource of found) {
        const key = `${group}/${resource.resource}`;
        if (!resources.has(key)) resources.set(key, refOf(group, version, resource));
      }
    }
  }
  return { resources: [...resources.values()], incomplete };
}

async function groupsAt(client: Client, path: string): Promise<readonly GroupDiscovery[]> {
  const response = await client.raw(path, { headers: { accept: aggregated } });
  // The codec boundary: this media type has this shape.
  const body = (await response.json()) as { items?: GroupDiscovery[] };
  return body.items ?? [];
}

function refOf(group: string, version: string, resource: DiscoveredResource): ResourceRef {
  return {
    group,
    version,
    plural: resource.resource,
    singular: resource.singularResource ?? "",
    kind: resource.responseKind?.kind ?? "",
    namespaced: resource.scope === "Namespaced",
    verbs: resource.verbs ?? [],
    shortNames: resource.shortNames ?? [],
    categories: resource.categories ?? [],
    storageVersionHash: "",
    subresources: [],
  };
}

export function supports({ verbs }: ResourceRef, ...wanted: readonly string[]): boolean {
  return wanted.every((verb) => verbs.includes(verb));
}
