/**
 * Opens postgres.js on a DATABASE_URL. Beside postgres.js' own reading: `?host=/folder` names a unix
 * socket as libpq does, and of several hosts the one is taken that is not a standby.
 */
import postgres from "postgres";

export type Sql = postgres.Sql;
/** A pool or one transaction of it. */
export type Reader = postgres.ISql;

/** Each session says so itself: settings of the server or the role must not change what the store means. */
const session = {
  application_name: "kubun",
  // Acknowledged means durable. A server with synchronous standbys keeps its stricter "remote_apply".
  // The commit function's plan must not be made anew each call; its cost does not depend on the values.
  plan_cache_mode: "force_generic_plan",
  client_min_messages: "warning",
};

/**
 * What writes: the plan of a batch is made once a session, often while the tables are empty and everything looks
 * cheap, and must find its rows by key even then. Set for each call by the function itself it costs a tenth of the call.
 */
export const writing = {
  enable_seqscan: "off",
  enable_hashjoin: "off",
  enable_mergejoin: "off",
} as const;

export interface ConnectOptions {
  /** Settings of the session, beside those of every one. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  readonly max: number;
  readonly database?: string;
  /** "host:port": only this one of the URL's hosts. */
  readonly host?: string | undefined;
  readonly onnotify?: (channel: string, payload: string) => void;
  readonly onclose?: () => void;
}

export function connect(url: string, { host, settings, ...options }: ConnectOptions): Sql {
  const { address, folder } = withoutFolder(url);
  return postgres(host === undefined ? address : withHost(address, host), {
    ...options,
    ...(folder === undefined ? { target_session_attrs: "primary" as const } : { host: folder }),
    connection: { ...session, ...settings },
    // A connection that ends at an hour of its own choosing is one more fault to meet, and gains nothing.
    max_lifetime: null,
    // postgres.js waits longer with each failure; a failover is over in seconds.
    backoff: (failures: number) => Math.min(0.05 * 2 ** failures, 1),
    connect_timeout: 5,
    fetch_types: false,
    onnotice() {},
  });
}

/** postgres.js would send what it does not know in the query to the server. */
function withoutFolder(url: string): { address: string; folder: string | undefined } {
  const [base = "", query = ""] = url.split("?");
  const parameters = new URLSearchParams(query);
  const host = parameters.get("host") ?? "";
  if (!host.startsWith("/")) return { address: url, folder: undefined };
  parameters.delete("host");
  const rest = parameters.toString();
  return { address: rest === "" ? base : `${base}?${rest}`, folder: host };
}

/** As written, "host:port" each: a URL with several is none to the platform's own parser. */
const authority = /^([a-z]+:\/\/(?:[^@/]*@)?)([^/?]*)/;

export function hostsOf(url: string): readonly string[] {
  return (authority.exec(url)?.[2] ?? "").split(",");
}

function withHost(url: string, host: string): string {
  return url.replace(authority, (_, before: string) => before + host);
}
