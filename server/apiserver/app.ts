/**
 * The API server as one function from Request to Response. Resources are found in a table, all else in Hono's
 * routes; what every request passes before them stands in `serve`, in upstream's order, as plain calls: a
 * middleware a step costs more than the step.
 */

import { Hono } from "hono";
import { getPath } from "hono/utils/url";
import { messageOf } from "#apimachinery/error-message.ts";
import { ApiError, internalError } from "#apimachinery/status.ts";
import type { Resource } from "#resources/resource.ts";
import type { WatchCache } from "#storage/watch-cache.ts";
import type { Logger } from "#telemetry/log.ts";
import { type CustomResources, customResources } from "./apiextensions/custom-resources.ts";
import { keepDefinitions } from "./apiextensions/definition-keeper.ts";
import { deleteInstances } from "./apiextensions/instances.ts";
import type {
  AdmissionPlugin,
  Authenticator,
  Authorizer,
  Connection,
  RequestInfo,
  UserInfo,
} from "./attributes.ts";
import { unauthorized } from "./authentication/authenticator.ts";
import { addOpenIdRoutes } from "./authentication/discovery.ts";
import { asksToImpersonate, Impersonation } from "./authentication/impersonation.ts";
import type { TokenIssuer } from "./authentication/token-issuer.ts";
import { forbiddenRequest } from "./authorization/authorizer.ts";
import type { Call, Randomness, ServerContext, Upgrade } from "./call.ts";
import { componentStatuses } from "./component-statuses.ts";
import { groupPaths } from "./discovery.ts";
import { addDiscoveryRoutes } from "./discovery-routes.ts";
import { type RouteTable, refuseName, routeOf, type VirtualResources } from "./dispatch.ts";
import { methodNotAllowed, noPage, UnknownPath } from "./dispatch-refusals.ts";
import { wantsPretty } from "./encoding/pretty.ts";
import { endpointId, endpointTable } from "./endpoint.ts";
import { startEventExpiry } from "./event-expiry.ts";
import { InFlight, isLongRunning } from "./filters/max-in-flight.ts";
import { checkTimeout, RequestTimeouts } from "./filters/request-timeout.ts";
import { addHealthRoutes, addIndexRoutes, fixedPaths, type HealthCheck } from "./health.ts";
import { Metrics, measuredOf } from "./metrics.ts";
import { negotiate } from "./negotiation.ts";
import type { NodeConnections } from "./node-connections.ts";
import { addOpenApiRoutes } from "./openapi.ts";
import { pathOf, pathStart, type Query, withoutQuery } from "./query.ts";
import { requestInfo } from "./request-info.ts";
import { addCommonHeaders, type Marks, respondStatus } from "./respond.ts";
import { bindings } from "./subresources/binding.ts";
import { type SubresourceRegistry, subresources } from "./subresources/registry.ts";
import type { WriteHooks } from "./write-hooks.ts";

export interface VersionFacts {
  readonly major: string;
  readonly minor: string;
  readonly gitVersion: string;
  readonly platform: string;
}

export interface AppParts {
  readonly cache: WatchCache;
  readonly registry: readonly Resource[];
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer;
  readonly admission: readonly AdmissionPlugin[];
  readonly clock: () => Date;
  readonly randomness: Randomness;
  readonly logger: Logger;
  readonly version: VersionFacts;
  /** Subresources beside those of subresources/registry.ts: `group/resource/name`. */
  readonly subresources?: SubresourceRegistry;
  readonly virtuals?: VirtualResources;
  /** What resources hold beside their objects. */
  readonly hooks?: WriteHooks;
  /** Whose tokens relying parties may verify; absent: no OpenID discovery. */
  readonly issuer?: TokenIssuer;
  /** How nodes are reached for logs and streams; absent: they are not. */
  readonly nodes?: NodeConnections;
  /** host:port under which clients reach this server, as /api tells them. */
  readonly serverAddress?: string;
  /** Beside ping and the store. */
  readonly checks?: readonly HealthCheck[];
  /** Prometheus text of other parts of this process, appended to /metrics. */
  readonly moreMetrics?: () => string | Promise<string>;
}

export interface App {
  /** `upgrade`: the request asks for another protocol; once a handler took it, the answer is not for the client. */
  fetch(request: Request, connection: Connection, upgrade?: Upgrade): Promise<Response>;
  close(): void;
}

/** What the filters know of a request, handed to the routes as Hono's bindings. */
export interface Bindings {
  readonly info: RequestInfo;
  readonly query: Query;
  readonly user: UserInfo;
  readonly marks: Marks & { readonly warnings: string[] };
  readonly sharesObjects: boolean;
  readonly upgrade?: Upgrade | undefined;
}

type Asked = Omit<Bindings, "user" | "sharesObjects">;

function attributesOf({ info, query, user }: Pick<Bindings, "info" | "query" | "user">) {
  if (query === undefined) return { ...info, user };
  const selector = (name: string): string | undefined => query.get(name) ?? undefined;
  const fieldSelector = selector("fieldSelector");
  return { ...info, fieldSelector, labelSelector: selector("labelSelector"), user };
}

export type Routes = Hono<{ Bindings: Bindings }>;

/** Characters of a URL; no route is longer, and the router would take apart all that it is given. */
const routedLengthMax = 2_048;

const routedPath = (request: Request): string =>
  request.url.length <= routedLengthMax
    ? getPath(request)
    : pathOf(request.url).slice(0, routedLengthMax);

class ApiServer implements App {
  readonly #parts: AppParts;
  readonly #context: ServerContext;
  readonly #impersonation: Impersonation;
  readonly #table: RouteTable;
  readonly #routes: Routes;
  readonly #timeouts = new RequestTimeouts();
  readonly #metrics = new Metrics();
  readonly #inFlight = new InFlight(this.#metrics);
  readonly #expiry: { stop(): void };
  readonly #custom: CustomResources;
  readonly #definitions: { close(): void };

  constructor(parts: AppParts) {
    this.#parts = parts;
    this.#impersonation = new Impersonation(parts.authorizer);
    const endpoints = endpointTable(parts.registry);
    this.#context = { ...parts, endpoints, metrics: this.#metrics };
    this.#custom = customResources(parts.cache);
    this.#definitions = keepDefinitions({
      ...parts,
      deleteInstances: (definition) =>
        deleteInstances(this.#context, this.#custom, definition, parts.randomness.uid()),
      ended: (definition) => {
        this.#custom.ended(definition);
        const { group, names } = definition.spec;
        this.#metrics.forget({ group, resource: names.plural });
      },
    });
    this.#table = {
      endpoints,
      subresources: new Map([...subresources, ...(parts.subresources ?? [])]),
      virtuals: new Map([
        ["/bindings", { create: bindings }],
        ["/componentstatuses", componentStatuses],
        ...(parts.virtuals ?? []),
      ]),
    };
    this.#routes = this.#makeRoutes();
    this.#expiry = startEventExpiry(parts.cache, parts.clock, (error) =>
      parts.logger.warn("old events stay", { error: `${error}` }),
    );
  }

  close(): void {
    this.#timeouts.close();
    this.#expiry.stop();
    this.#definitions.close();
  }

  async fetch(request: Request, connection: Connection, upgrade?: Upgrade): Promise<Response> {
    const { clock, randomness } = this.#parts;
    const marks = { auditId: randomness.uid(), warnings: [] };
    const startedAt = clock().getTime();
    let info: RequestInfo | undefined;
    let response: Response;
    try {
      const { url } = request;
      const start = pathStart(url);
      const mark = url.indexOf("?", start);
      const path = mark < 0 ? url.slice(start) : url.slice(start, mark);
      const query = mark < 0 ? undefined : new URLSearchParams(url.slice(mark + 1));
      info = requestInfo(request.method, path, query);
      response = await this.#serve(request, connection, { info, query, marks, upgrade });
      if (!info.isResourceRequest) addCommonHeaders(response, marks);
    } catch (error) {
      response = this.#refused(request, marks, error);
    }
    if (info !== undefined) {
      const seconds = (clock().getTime() - startedAt) / 1000;
      const served = this.#table.endpoints.get(endpointId(info)) ?? this.#custom.find(info);
      this.#metrics.record(measuredOf(info, served?.ref), response.status, seconds);
    }
    return response;
  }

  async #serve(request: Request, connection: Connection, asked: Asked): Promise<Response> {
    const { info } = asked;
    const user = await this.#userOf(request, connection, asked);
    const bindings = { ...asked, user, sharesObjects: connection.sharesObjects === true };
    if (isLongRunning(info)) {
      await this.#authorize(bindings);
      return this.#answer(request, bindings);
    }
    checkTimeout(asked.query);
    const leave = this.#inFlight.enter(info, user);
    try {
      await this.#authorize(bindings);
      return await this.#timeouts.bound(Promise.resolve(this.#answer(request, bindings)));
    } finally {
      leave();
    }
  }

  async #userOf(request: Request, connection: Connection, asked: Asked): Promise<UserInfo> {
    const user = await this.#parts.authenticator.authenticate(request, connection);
    if (user === undefined) throw unauthorized();
    const { headers } = request;
    if (!asksToImpersonate(headers)) return user;
    return this.#impersonation.actingUser(headers, attributesOf({ ...asked, user }));
  }

  async #authorize(asked: Bindings): Promise<void> {
    const attributes = attributesOf(asked);
    const pending = this.#parts.authorizer.authorize(attributes);
    const { allowed, reason } = pending instanceof Promise ? await pending : pending;
    if (!allowed) throw forbiddenRequest(attributes, reason);
  }

  /** A custom resource; else, of a group that is not ours, nothing that the API knows. */
  #otherGroup(asked: Omit<Call, "endpoint">): Promise<Response> {
    const { group } = asked.info;
    const answer = this.#custom.answer(this.#context, this.#table, asked);
    if (this.#parts.registry.some(({ ref }) => ref.group === group)) return answer;
    return answer.catch((error: unknown) => {
      if (!(error instanceof UnknownPath)) throw error;
      const page = noPage();
      addCommonHeaders(page, asked);
      return page;
    });
  }

  /** Resources have a table of their own: a router would take the path apart once more. */
  #answer(request: Request, bindings: Bindings): Response | Promise<Response> {
    const { info, query, user, marks, sharesObjects, upgrade } = bindings;
    if (!info.isResourceRequest) return this.#routes.fetch(request, bindings);
    const asked = { request, info, query, user, sharesObjects, upgrade, ...marks };
    const route = routeOf(this.#table, info);
    if (route === undefined) return this.#otherGroup(asked);
    // Upstream serves no HEAD of its own resources but that of what stands behind a proxy.
    if (request.method === "HEAD" && info.subresource !== "proxy") throw methodNotAllowed();
    refuseName(info);
    const { deprecation } = route.endpoint;
    if (deprecation !== undefined) asked.warnings.push(deprecation);
    return route.handler(this.#context, { ...asked, endpoint: route.endpoint });
  }

  #makeRoutes(): Routes {
    const routes: Routes = new Hono<{ Bindings: Bindings }>({ getPath: routedPath });
    routes.onError((error) => {
      throw error;
    });
    const parts = { ...this.#parts, context: this.#context, metrics: this.#metrics };
    addHealthRoutes(routes, parts);
    const custom = this.#custom;
    addDiscoveryRoutes(routes, { ...parts, custom });
    addOpenApiRoutes(routes, custom);
    addOpenIdRoutes(routes, parts);
    // No resource, though it looks like one.
    routes.all("/api/*", noPage);
    routes.all("/apis/*", noPage);
    addIndexRoutes(routes, () => [
      ...fixedPaths,
      ...groupPaths([...this.#parts.registry, ...custom.all().resources]),
    ]);
    return routes;
  }

  /** Every failure becomes a Status, in the client's media type where it has one. */
  #refused(request: Request, marks: Marks, error: unknown): Response {
    const known = error instanceof ApiError ? error : this.#broken(request, error);
    const accept = request.headers.get("accept");
    try {
      const accepted = negotiate(accept, { unrouted: true, transforms: false });
      const { searchParams: query } = new URL(request.url);
      const isPretty = wantsPretty({ request, query }, accepted);
      return respondStatus(marks, known.status, accepted.mediaType, isPretty);
    } catch {
      // It takes nothing that we have: a Status in JSON is better than none.
      return respondStatus(marks, known.status, "json", true);
    }
  }

  #broken(request: Request, error: unknown): ApiError {
    const stack = error instanceof Error ? error.stack : undefined;
    const { method } = request;
    const url = withoutQuery(request.url);
    this.#parts.logger.error("request failed", { method, url, error: `${error}`, stack });
    const message = messageOf(error);
    return internalError(message);
  }
}

/** The API server over its parts. `close` ends timers; streams end with their connections. */
export function createApp(parts: AppParts): App {
  return new ApiServer(parts);
}
