/** W14 and the server's own pages. */
import type { Row } from "../row.ts";

const ends = ["/healthz", "/livez", "/readyz"];
const queries = [
  "",
  "?verbose",
  "?verbose=false",
  "?exclude=etcd",
  "?verbose&exclude=ping",
  "?verbose&exclude=nope",
  "?exclude=nope",
  "?exclude=ping,etcd&verbose",
  "?allow-none",
  "?exclude=",
];
const methods = ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];
const accepts = ["", "application/json", "text/html", "nonsense"];

export const health: readonly Row[] = [
  ...ends.flatMap((path) => [
    ...queries.map(
      (query): Row => ({
        at: "W14",
        ask: `GET ${path}${query}`,
        ...(/verbose/.test(query) ? { shape: true } : {}),
      }),
    ),
    ...methods.map((method): Row => ({ at: "W14", ask: `${method} ${path}` })),
    ...accepts.map((accept): Row => ({ at: "W14", ask: `GET ${path}`, accept })),
    { at: "W14", ask: `GET ${path}/` },
    { at: "W14", ask: `GET ${path}/ping` },
    { at: "W14", ask: `GET ${path}/ping/` },
    { at: "W14", ask: `GET ${path}/ping?verbose` },
    { at: "W14", ask: `HEAD ${path}/ping` },
    { at: "W14", ask: `POST ${path}/ping` },
  ]),
  ...["/metrics", "/metrics/slis"].flatMap((path) => [
    ...[
      "",
      "text/plain",
      "application/json",
      "application/openmetrics-text",
      "application/yaml",
    ].map((accept): Row => ({ at: "W14", ask: `GET ${path}`, accept, shape: true })),
    ...["POST", "HEAD", "DELETE"].map(
      (method): Row => ({ at: "W14", ask: `${method} ${path}`, shape: true }),
    ),
  ]),
  ...["/openid/v1/jwks", "/.well-known/openid-configuration"].flatMap((path) => [
    ...["", "text/html", "application/json"].map(
      (accept): Row => ({ at: "W14", ask: `GET ${path}`, accept, shape: true }),
    ),
    ...["POST", "HEAD"].map(
      (method): Row => ({ at: "W14", ask: `${method} ${path}`, shape: true }),
    ),
  ]),
];
