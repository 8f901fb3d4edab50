/**
 * How a component reaches an API server: in one process the app's own fetch, across machines HTTPS.
 * Components cannot tell which. URLs are absolute; in process the host is a placeholder.
 */
export type Transport = (request: Request) => Promise<Response>;
