/** The transport of components in this very process: the app's own function, no socket, no TLS. */
import type { App } from "./app.ts";
import type { Connection, UserInfo } from "./attributes.ts";

type Transport = (request: Request) => Promise<Response>;

/** Requests are `user`'s. An aborted request ends its watch; a body that is not read is not made. */
export function inProcessTransport(
  app: Pick<App, "fetch">,
  user: UserInfo,
  options: { readonly sharesObjects?: boolean } = {},
): Transport {
  const connection: Connection = { remoteAddress: "127.0.0.1", component: user, ...options };
  return (request) => app.fetch(request, connection);
}
