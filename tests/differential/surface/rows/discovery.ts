/** W1 to W6: paths, discovery, version, schemas. */
import type { Row } from "../row.ts";

const aggregated = (version: string, rest = "") =>
  `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList${rest}`;
const protobufV3 = "application/com.github.proto-openapi.spec.v3@v1.0+protobuf";
const protobufV2 = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

const accepts = [
  ...["", "*/*", "application/*", "application/json", "application/yaml", "text/html", "nonsense"],
  ...[
    "application/vnd.kubernetes.protobuf",
    "application/cbor",
    "application/json;as=Table;v=v1;g=meta.k8s.io",
  ],
  ...[
    aggregated("v2"),
    aggregated("v2beta1"),
    aggregated("v3"),
    aggregated("v2", ",application/json"),
  ],
  ...[`application/json,${aggregated("v2")}`, "application/json;g=apidiscovery.k8s.io;v=v2"],
  aggregated("v2").replace("json", "vnd.kubernetes.protobuf"),
  aggregated("v2").replace("json", "yaml"),
  `${aggregated("v2")};q=0.1,application/json`,
];
const methods = ["HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE"];
const fixed = [
  "/api",
  "/apis",
  "/api/v1",
  "/apis/apps",
  "/apis/apps/v1",
  "/version",
  "/openapi/v2",
  "/openapi/v3",
];

const forms: readonly Row[] = ["/api", "/apis", "/api/v1", "/apis/apps", "/apis/apps/v1"].flatMap(
  (path) =>
    accepts.map(
      (accept): Row => ({
        at: "W2",
        ask: `GET ${path}`,
        accept,
        // Whole documents are compared in plain forms alone: what is served is what stands in the registry.
        ...(path === "/apis" || path === "/api" || accept.includes("protobuf")
          ? { shape: true }
          : {}),
      }),
    ),
);

const refusedMethods: readonly Row[] = fixed.flatMap((path) =>
  methods.map(
    (method): Row => ({
      at: "W1",
      ask: `${method} ${path}`,
      shape: path.startsWith("/openapi") || method === "OPTIONS" || method === "HEAD" || undefined,
    }),
  ),
);

const paths = [
  ...[
    "/api/",
    "/apis/",
    "/api/v1/",
    "/apis/apps/",
    "/apis/apps/v1/",
    "/api/v2",
    "/apis/nope",
    "/apis/nope/v1",
  ],
  ...[
    "/apis/apps/v9",
    "/apis/apps/v1beta1",
    "/api/v1/nope",
    "/apis/apps/v1/nope",
    "/apis/nope.example.com/v1/foos",
  ],
  ...[
    "/apis/apps/v1/namespaces/NS/nope",
    "/apis/apps/v1/namespaces/NS/nope/x",
    "/api/v1/pods/x",
    "/api/v1/pods/x/status",
  ],
  ...[
    "/api/v1/namespaces/NS/nodes",
    "/api/v1/namespaces/NS/nodes/x",
    "/apis/apps/v1/deployments/x/scale",
  ],
  ...[
    "/api/v1/namespaces/NS/pods/x/nope",
    "/api/v1/namespaces/NS/pods/x/status/y",
    "/api/v1/namespaces//pods",
  ],
  ...[
    "/api/v1//pods",
    "//api/v1/pods",
    "/api/v1/pods/",
    "/api/v1/namespaces/NS/pods/",
    "/api/v1/namespaces/NS/",
  ],
  ...[
    "/api/v1/namespaces/NS/configmaps/a%2Fb",
    "/api/v1/namespaces/NS/configmaps/%20",
    "/api/v1/namespaces/NS/configmaps/..%2fa",
  ],
  ...[
    "/nope",
    "/nope/nope",
    "/healthz/nope",
    "/livez/nope",
    "/readyz/nope",
    "/openapi",
    "/openapi/v4",
    "/openapi/v3/nope",
  ],
  ...["/openapi/v3/apis/nope/v1", "/logs", "/ui", "/static"],
  ...[
    "/metrics/slis",
    "/metrics/nope",
    "/metrics/",
    "/version/",
    "/version/x",
    "/index.html",
    "/index",
    "/swagger.json",
    "/swaggerapi",
  ],
  ...[
    "/openapi/v2/",
    "/openapi/v3/",
    "/.well-known/openid-configuration",
    "/.well-known/",
    "/openid/v1/jwks",
    "/openid/v1",
  ],
  ...[
    "/api/v1/componentstatuses/nope",
    "/api/v1/bindings",
    "/api/v1/namespaces/NS/bindings",
    "/apis/authorization.k8s.io/v1/subjectaccessreviews",
  ],
  ...[
    "/api/v1/namespaces/NS/services/x/proxy",
    "/api/v1/nodes/x/proxy",
    "/api/v1/namespaces/NS/pods/x/proxy/a/b",
    "/api/v1/proxy/nodes/x",
  ],
  ...[
    "/api/v1/namespaces/NS/finalize",
    "/api/v1/namespaces/NS/status",
    "/api/v1/namespaces/NS/pods/x/log",
    "/api/v1/namespaces/NS/pods/x/exec",
    "/api/v1/namespaces/NS/pods/x/attach",
  ],
  ...[
    "/api/v1/namespaces/NS/pods/x/portforward",
    "/api/v1/namespaces/NS/pods/x/binding",
    "/api/v1/namespaces/NS/pods/x/eviction",
    "/api/v1/namespaces/NS/pods/x/ephemeralcontainers",
    "/api/v1/namespaces/NS/pods/x/resize",
  ],
  ...[
    "/api/v1/namespaces/NS/serviceaccounts/x/token",
    "/apis/certificates.k8s.io/v1/certificatesigningrequests/x/approval",
    "/apis/apps/v1/namespaces/NS/deployments/x/scale",
  ],
  ...[
    "/readyz/shutdown",
    "/readyz/informer-sync",
    "/livez/ping",
    "/livez/etcd",
    "/healthz/ping",
    "/healthz/etcd",
    "/healthz/log",
    "/readyz/etcd-readiness",
  ],
];
/** What is served there is each server's own. */
const own =
  /^\/(metrics|version\/?$|api\/$|statusz|flagz|index|debug|openapi\/v[23]|openid|\.well-known)/;

const places: readonly Row[] = paths.map(
  (path): Row => ({
    at: "W1",
    ask: `GET ${path}`,
    ...(own.test(path) ? { shape: true } : {}),
  }),
);

const openapi: readonly Row[] = [
  ...[
    "",
    "*/*",
    "application/json",
    "application/*",
    "application/yaml",
    "text/plain",
    protobufV2,
    "application/vnd.kubernetes.protobuf",
    "application/json;q=0.1",
  ].map((accept): Row => ({ at: "W6", ask: "GET /openapi/v2", accept, shape: true })),
  { at: "W6", ask: "GET /openapi/v2", shape: true },
  { at: "W6", ask: "GET /openapi/v2", headers: { "if-none-match": "<etag>" }, shape: true },
  { at: "W6", ask: "GET /openapi/v2", headers: { "accept-encoding": "gzip" }, shape: true },
  { at: "W6", ask: "GET /openapi/v2", headers: { "if-none-match": "*" }, shape: true },
  { at: "W6", ask: "GET /openapi/v2", headers: { "if-none-match": "W/<etag>" }, shape: true },
  {
    at: "W6",
    ask: "GET /openapi/v2",
    headers: { "if-modified-since": "Tue, 01 Jan 2030 00:00:00 GMT" },
    shape: true,
  },
  ...[
    "",
    "*/*",
    "application/json",
    "application/*",
    "application/yaml",
    "text/plain",
    protobufV3,
  ].flatMap((accept): Row[] =>
    [
      "/openapi/v3",
      "/openapi/v3/api/v1",
      "/openapi/v3/apis/apps/v1",
      "/openapi/v3/version",
      "/openapi/v3/apis/apps",
    ].map((path) => ({
      at: "W5",
      ask: `GET ${path}`,
      accept,
      shape: true as const,
    })),
  ),
  { at: "W5", ask: "GET /openapi/v3/apis/apps/v1", shape: true },
  {
    at: "W5",
    ask: "GET /openapi/v3/apis/apps/v1",
    headers: { "if-none-match": "<etag>" },
    shape: true,
  },
  { at: "W5", ask: "GET /openapi/v3/apis/apps/v1?hash=XYZ", shape: true },
  { at: "W5", ask: "GET /openapi/v3/apis/apps/v1?hash=", shape: true },
  { at: "W5", ask: "GET /openapi/v3", headers: { "if-none-match": "<etag>" }, shape: true },
  { at: "W5", ask: "GET /openapi/v3", headers: { "accept-encoding": "gzip" }, shape: true },
];

/** A document that is asked for again: as a whole where it did not change, else its shape. */
const asked: readonly Omit<Row, "at" | "ask">[] = [
  { accept: aggregated("v2"), shape: true },
  { accept: aggregated("v2"), headers: { "if-none-match": "<etag>" } },
  { accept: aggregated("v2"), headers: { "if-none-match": '"x", <etag>' }, shape: true },
  { accept: aggregated("v2beta1"), headers: { "if-none-match": "<etag>" }, shape: true },
  { accept: "application/json", headers: { "if-none-match": "<etag>" }, shape: true },
  { accept: aggregated("v2"), headers: { "accept-encoding": "gzip" }, shape: true },
  { accept: aggregated("v2"), shape: true, http: 1 },
];
const cached: readonly Row[] = ["/api", "/apis"].flatMap((path) =>
  asked.map((one): Row => ({ at: "W3", ask: `GET ${path}`, ...one })),
);

const whole: readonly Row[] = [
  { at: "W2", ask: "GET /api", shape: true },
  { at: "W2", ask: "GET /apis/apps", accept: "application/json" },
  { at: "W4", ask: "GET /version", shape: true },
  { at: "W4", ask: "GET /version", accept: "application/yaml" },
  { at: "W4", ask: "GET /version", accept: "text/html" },
  { at: "W4", ask: "GET /version", accept: "application/vnd.kubernetes.protobuf" },
  { at: "W4", ask: "GET /version?pretty=false", shape: true },
  { at: "W2", ask: "GET /api/v1?pretty=true" },
  { at: "W1", ask: "GET /", shape: true },
  { at: "W1", ask: "HEAD /", shape: true },
  { at: "W1", ask: "POST /", shape: true },
  { at: "W1", ask: "GET /", accept: "text/html", shape: true },
  { at: "W1", ask: "GET /", accept: "", shape: true, http: 1 },
];

export const discovery: readonly Row[] = [
  ...forms,
  ...refusedMethods,
  ...places,
  ...openapi,
  ...cached,
  ...whole,
];
