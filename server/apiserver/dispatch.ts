/** From a URL taken apart to the handler that answers it. */
import { badRequest, notFound } from "#apimachinery/status.ts";
import type { RequestInfo } from "./attributes.ts";
import type { Handler } from "./call.ts";
import { methodNotAllowed, methodNotSupported, unknownResource } from "./dispatch-refusals.ts";
import { type Endpoint, type EndpointTable, endpointId, named } from "./endpoint.ts";
import { handlers } from "./handlers/routes.ts";
import type { SubresourceRegistry } from "./subresources/registry.ts";

/** Kinds that are asked and answered, never stored: reviews, bindings, component statuses. By `group/resource`, then by verb. */
export type VirtualResources = ReadonlyMap<string, Readonly<Record<string, Handler>>>;

export interface Route {
  readonly endpoint: Endpoint;
  readonly handler: Handler;
}

export interface RouteTable {
  readonly endpoints: EndpointTable;
  readonly subresources: SubresourceRegistry;
  readonly virtuals: VirtualResources;
}

function subresourceHandler(
  { subresources }: RouteTable,
  endpoint: Endpoint,
  { subresource, verb, name }: RequestInfo,
): Handler {
  const { ref, custom = false } = endpoint;
  const declared = ref.subresources.find(({ name }) => name === subresource);
  const byVerb =
    subresources.get(`${ref.group}/${ref.plural}/${subresource}`) ??
    subresources.get(`*/${subresource}`);
  if (declared === undefined || byVerb === undefined)
    throw custom ? notFound(named(endpoint, name)) : unknownResource();
  const handler = byVerb[verb];
  if (handler === undefined) throw custom ? methodNotSupported(ref, verb) : methodNotAllowed();
  return handler;
}

/** The route of a built-in resource; undefined: it is none. Throws MethodNotAllowed for a verb it does not have. */
export function routeOf(table: RouteTable, info: RequestInfo): Route | undefined {
  const endpoint = table.endpoints.get(endpointId(info));
  return endpoint === undefined ? undefined : routeAt(table, endpoint, info);
}

const readsEverywhere: ReadonlySet<string> = new Set(["list", "watch"]);

/** What no object can be called. Throws BadRequest. */
export function refuseName({ name }: RequestInfo): void {
  const why = name === "." || name === ".." ? `may not be '${name}'` : "may not contain '%'";
  if (why.startsWith("may not be") || name.includes("%"))
    throw badRequest(`Name parameter invalid: ${JSON.stringify(name)}: ${why}`);
}

/** In a namespace that it does not have, or without the one that it has. */
function isMisplaced({ ref }: Endpoint, info: RequestInfo): boolean {
  if (info.namespace !== "") return !ref.namespaced && ref.plural !== "namespaces";
  return ref.namespaced && info.name !== "" && info.subresource !== "";
}

/** Throws NotFound for a subresource it does not serve, MethodNotAllowed for a verb it does not have. */
export function routeAt(table: RouteTable, endpoint: Endpoint, info: RequestInfo): Route {
  if (isMisplaced(endpoint, info)) throw unknownResource();
  if (info.subresource !== "") {
    return { endpoint, handler: subresourceHandler(table, endpoint, info) };
  }
  const { ref } = endpoint;
  // What lies in namespaces is only read across them.
  if (ref.namespaced && info.namespace === "") {
    const isVirtual = table.virtuals.has(`${ref.group}/${ref.plural}`);
    if (isVirtual || (info.name !== "" && !readsEverywhere.has(info.verb))) throw unknownResource();
    if (!readsEverywhere.has(info.verb)) throw methodNotAllowed();
  }
  const onCollection = info.verb === "create" && info.name !== "";
  const virtual = table.virtuals.get(`${ref.group}/${ref.plural}`);
  if (virtual !== undefined) {
    const answer = virtual[info.verb];
    if (answer === undefined || onCollection) throw methodNotAllowed();
    return { endpoint, handler: answer };
  }
  const handler = handlers[info.verb];
  const onNothing = info.name === "" && (info.verb === "update" || info.verb === "patch");
  if (handler === undefined || !ref.verbs.includes(info.verb) || onCollection || onNothing) {
    throw methodNotAllowed();
  }
  return { endpoint, handler };
}
