/** One request on its way through the handlers, and the server that it runs in. */

import type { Duplex } from "node:stream";
import type { WatchCache } from "#storage/watch-cache.ts";
import type { Logger } from "#telemetry/log.ts";
import type { AdmissionPlugin, Authorizer, RequestInfo, UserInfo } from "./attributes.ts";
import type { Endpoint, EndpointTable } from "./endpoint.ts";
import type { Metrics } from "./metrics.ts";
import type { NodeConnections } from "./node-connections.ts";
import type { Query } from "./query.ts";
import type { WriteHooks } from "./write-hooks.ts";

/** Ids and random names; tests pass a seeded one. */
export interface Randomness {
  /** An RFC 4122 UUID. */
  uid(): string;
  /** In [0, 1). */
  fraction(): number;
}

export interface ServerContext {
  readonly cache: WatchCache;
  readonly endpoints: EndpointTable;
  readonly admission: readonly AdmissionPlugin[];
  readonly authorizer: Authorizer;
  readonly clock: () => Date;
  readonly randomness: Randomness;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly hooks?: WriteHooks | undefined;
  /** How nodes are reached for logs and streams; undefined: they are not. */
  readonly nodes?: NodeConnections | undefined;
}

/** The connection of a request that asks to go on in another protocol. */
export interface Upgrade {
  /** Once: from then on the handler answers on the socket itself. */
  take(): { readonly socket: Duplex; readonly head: Uint8Array };
}

export interface Call {
  readonly request: Request;
  readonly info: RequestInfo;
  readonly query: Query;
  readonly user: UserInfo;
  readonly endpoint: Endpoint;
  /** Texts of Warning headers; handlers push. */
  readonly warnings: string[];
  readonly auditId: string;
  /** A component of this process watches: it takes objects instead of bytes. */
  readonly sharesObjects: boolean;
  /** undefined: an ordinary request. */
  readonly upgrade?: Upgrade | undefined;
}

/** What answers one verb of one resource or subresource. */
export type Handler = (server: ServerContext, call: Call) => Promise<Response>;
