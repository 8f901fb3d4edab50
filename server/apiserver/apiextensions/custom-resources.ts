/**
 * Which custom resources are served now, read from the watch cache itself: whatever server a definition was
 * created at, it is served here as soon as the cache holds it, and as consistently as any other object.
 */
import type { RequestInfo } from "#apiserver/attributes.ts";
import type { Call, ServerContext } from "#apiserver/call.ts";
import { type RouteTable, routeAt } from "#apiserver/dispatch.ts";
import { unknownResource } from "#apiserver/dispatch-refusals.ts";
import type { Endpoint } from "#apiserver/endpoint.ts";
import { restartWarnings } from "#apiserver/request-body.ts";
import {
  type CustomResourceDefinition,
  customresourcedefinitions,
} from "#gen/api/apiextensions/v1.ts";
import type { Resource } from "#resources/resource.ts";
import { compareText } from "#storage/key.ts";
import type { Entry, WatchCache } from "#storage/watch-cache.ts";
import { customEndpoint } from "./custom-resource.ts";
import { compareVersions } from "./version-order.ts";

const { group, plural } = customresourcedefinitions;
export const definitionScope = { group, resource: plural } as const;

export function definitionOf(entry: Entry): CustomResourceDefinition {
  // Nothing else is stored under the key of definitions.
  return entry.object as CustomResourceDefinition;
}

export function hasCondition({ status }: CustomResourceDefinition, type: string): boolean {
  return status?.conditions?.some((it) => it.type === type && it.status === "True") === true;
}

/** The endpoints of a definition's served versions, by version; none before it is established. */
function endpointsOf(entry: Entry, ends: AbortSignal): ReadonlyMap<string, Endpoint> {
  const definition = definitionOf(entry);
  if (!hasCondition(definition, "Established")) return new Map();
  const { versions } = definition.spec;
  const made = versions.map((version) => customEndpoint(definition, version, ends));
  const byVersion = new Map(made.map((endpoint) => [endpoint.apiVersion, endpoint]));
  const isServed = ({ ref }: Endpoint): boolean =>
    versions.some(({ name, served }) => name === ref.version && served);
  return new Map(
    made
      .filter(isServed)
      .map((endpoint) => [endpoint.ref.version, { ...endpoint, versions: byVersion }]),
  );
}

/** Groups by name, of each the version first that clients should prefer. */
function inDiscoveryOrder({ ref: a }: Resource, { ref: b }: Resource): number {
  return compareText(a.group, b.group) || compareVersions(a.version, b.version);
}

export interface CustomResources {
  /** The endpoint that a request addresses, from what the cache holds now. */
  find(info: Pick<RequestInfo, "group" | "version" | "resource">): Endpoint | undefined;
  /** Answers a request for what is no built-in resource. Throws NotFound. */
  answer(
    server: ServerContext,
    table: RouteTable,
    asked: Omit<Call, "endpoint">,
  ): Promise<Response>;
  /** Watches of its objects end: the definition went, or means something else now. */
  ended(definition: CustomResourceDefinition): void;
  /** All served ones, and the definitions' entries that they are made from: the same array while nothing changed. */
  all(): Served;
}

export interface Served {
  readonly resources: readonly Resource[];
  readonly definitions: readonly CustomResourceDefinition[];
}

export function customResources(cache: WatchCache): CustomResources {
  const made = new WeakMap<Entry, ReadonlyMap<string, Endpoint>>();
  const ends = new Map<string, AbortController>();
  const endOf = (definition: CustomResourceDefinition): AbortController => {
    const { uid, generation } = definition.metadata;
    const id = `${uid}@${generation}`;
    const known = ends.get(id) ?? new AbortController();
    ends.set(id, known);
    return known;
  };
  const endpoints = (entry: Entry): ReadonlyMap<string, Endpoint> => {
    const known = made.get(entry) ?? endpointsOf(entry, endOf(definitionOf(entry)).signal);
    made.set(entry, known);
    return known;
  };
  const entryOf = (at: { group: string; resource: string }): Entry | undefined =>
    cache.get({ ...definitionScope, namespace: "", name: `${at.resource}.${at.group}` });
  const find: CustomResources["find"] = (info) => {
    const entry = info.group === "" ? undefined : entryOf(info);
    return entry === undefined ? undefined : endpoints(entry).get(info.version);
  };
  let madeFrom: readonly Entry[] = [];
  let served: Served = { resources: [], definitions: [] };
  return {
    find,
    async answer(server, table, asked) {
      const { info } = asked;
      // Another server may have established it a moment ago.
      if (find(info) === undefined && info.group !== "") await cache.fresh();
      const endpoint = find(info);
      if (endpoint === undefined) throw unknownResource();
      const { handler } = routeAt(table, endpoint, info);
      const call = { ...asked, endpoint };
      restartWarnings(call);
      return handler(server, call);
    },
    ended(definition) {
      const { uid, generation } = definition.metadata;
      endOf(definition).abort();
      ends.delete(`${uid}@${generation}`);
    },
    all() {
      const { entries } = cache.list(definitionScope);
      const same =
        entries.length === madeFrom.length && entries.every((it, at) => it === madeFrom[at]);
      if (same) return served;
      madeFrom = entries;
      served = {
        resources: entries
          .flatMap((entry) => [...endpoints(entry).values()])
          .map(({ addressed }) => addressed)
          .sort(inDiscoveryOrder),
        definitions: entries.filter((it) => endpoints(it).size > 0).map(definitionOf),
      };
      return served;
    },
  };
}
