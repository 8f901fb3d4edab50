/** W7 to W12 and R1 to R13: media types of answers, lists, watches, selectors. */
import type { Row } from "../row.ts";

// Nobody else makes any.
const maps = "/api/v1/namespaces/NS/secrets";
const table = (rest = "") => `application/json;as=Table;v=v1;g=meta.k8s.io${rest}`;
const part = (kind: string, rest = "") => `application/json;as=${kind};v=v1;g=meta.k8s.io${rest}`;

const created = (name: string, labels = {}): Row => ({
  at: "M1",
  ask: `POST ${maps}`,
  body: { metadata: { name, labels }, data: { a: "Yg==" } },
});
const setUp: readonly Row[] = [
  created("one", { a: "b" }),
  created("two", { a: "c", b: "x" }),
  created("three"),
];

const accepts = [
  ...[
    "",
    "*/*",
    "application/*",
    "application/json",
    "application/yaml",
    "application/vnd.kubernetes.protobuf",
  ],
  ...[
    "*/*;q=0.5",
    "*/*;q=0",
    "application/json;q=0",
    "application/json;q=x",
    "application/json;q=0.1,application/yaml",
    "application/yaml;q=0.1,application/json;q=0.9",
  ],
  ...[
    "text/html",
    "text/*",
    "nonsense",
    "application/json, */*",
    "text/html, */*",
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
  ],
  ...[
    "application/cbor",
    "application/cbor,application/json",
    "application/json;charset=utf-8",
    "application/json; charset=utf-16",
    "APPLICATION/JSON",
    "application/json;pretty=1",
    "application/yaml;pretty=1",
  ],
  ...[
    "application/json;stream=watch",
    "application/vnd.kubernetes.protobuf;stream=watch",
    "application/json;foo=bar",
    "application/vnd.kubernetes.protobuf,application/json",
    "application/merge-patch+json",
  ],
  ...[
    table(),
    table(",application/json"),
    table(";includeObject=None"),
    `${table()},${table().replace("v=v1", "v=v1beta1")},application/json`,
    table().replace("v=v1", "v=v1beta1"),
    table().replace("v=v1", "v=v2"),
  ],
  ...[
    "application/json;as=Table",
    "application/json;as=Table;v=v1",
    "application/json;as=Table;g=meta.k8s.io",
    "application/json;as=Table;v=v1;g=nope",
    "application/json;as=Nope;v=v1;g=meta.k8s.io",
    "application/json;as=Nope;v=v1;g=meta.k8s.io,application/json",
  ],
  ...[
    table().replace("json", "yaml"),
    table().replace("json", "vnd.kubernetes.protobuf"),
    `${table().replace("json", "vnd.kubernetes.protobuf")},application/json`,
    table().replace("json", "*"),
    table().replace("application/json", "*/*"),
    table(";q=0.3,application/yaml"),
  ],
  ...[
    part("PartialObjectMetadata"),
    part("PartialObjectMetadataList"),
    part("PartialObjectMetadataList").replace("v=v1", "v=v1beta1"),
    part("PartialObjectMetadata").replace("v=v1", "v=v1beta1"),
    part("PartialObjectMetadata").replace("json", "yaml"),
    part("PartialObjectMetadataList").replace("json", "yaml"),
    part("PartialObjectMetadataList").replace("json", "vnd.kubernetes.protobuf"),
    part("PartialObjectMetadata").replace("json", "vnd.kubernetes.protobuf"),
    part("PartialObjectMetadata", ",application/json"),
  ],
];

const forms: readonly Row[] = accepts.flatMap((accept): Row[] => {
  const shape = /protobuf/.test(accept) ? { shape: true as const } : {};
  return [
    { at: "W7", ask: `GET ${maps}/one`, accept, ...shape },
    { at: "W10", ask: `GET ${maps}?labelSelector=a`, accept, ...shape },
    { at: "W7", ask: `GET ${maps}/absent`, accept, ...shape },
    { at: "W9", ask: `GET ${maps}?watch=1&timeoutSeconds=1&labelSelector=a`, accept, ...shape },
    {
      at: "W10",
      ask: `POST ${maps}?dryRun=All`,
      accept,
      body: { metadata: { name: "dry" } },
      ...shape,
    },
    { at: "W10", ask: `DELETE ${maps}/two?dryRun=All`, accept, ...shape },
    { at: "W10", ask: `DELETE ${maps}?dryRun=All&labelSelector=a`, accept, ...shape },
    {
      at: "W7",
      ask: `POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews`,
      accept,
      body: { spec: { nonResourceAttributes: { path: "/", verb: "get" } } },
      ...shape,
    },
    { at: "W7", ask: `GET /apis/apps/v1/namespaces/NS/deployments/absent/scale`, accept, ...shape },
  ];
});

const tables: readonly Row[] = ["", "None", "Object", "Metadata", "x", "none"].flatMap(
  (one): Row[] => [
    { at: "W10", ask: `GET ${maps}?includeObject=${one}&labelSelector=a`, accept: table() },
    { at: "W10", ask: `GET ${maps}/one?includeObject=${one}`, accept: table() },
    {
      at: "W10",
      ask: `GET ${maps}?watch=1&timeoutSeconds=1&labelSelector=a&includeObject=${one}`,
      accept: table(),
    },
    { at: "W10", ask: `GET ${maps}/one?includeObject=${one}` },
  ],
);

const versions = [
  "",
  "0",
  "1",
  "<version>",
  "x",
  "-1",
  "01",
  "1.5",
  " ",
  "99999999999999999999",
  "0x1",
];
const matches = ["", "Exact", "NotOlderThan", "x", "exact"];
const versioned: readonly Row[] = versions.flatMap((version) =>
  matches.flatMap((match): Row[] => {
    const query = `${match === "" ? "" : `&resourceVersionMatch=${match}`}&resourceVersion=${encodeURIComponent(version).replace("%3C", "<").replace("%3E", ">")}`;
    return [
      { at: "R2", ask: `GET ${maps}/one?${query}` },
      { at: "R2", ask: `GET ${maps}?limit=1${query}` },
      { at: "R2", ask: `GET ${maps}?labelSelector=a${query}` },
      // What changed since is each server's own.
      {
        at: "R5",
        ask: `GET ${maps}?watch=1&timeoutSeconds=1&labelSelector=a${query}`,
        ...(/^0?1$/.test(version) ? { shape: true as const } : {}),
      },
      {
        at: "R10",
        ask: `GET ${maps}?watch=1&timeoutSeconds=1&labelSelector=a&sendInitialEvents=true${query}`,
      },
      {
        at: "R10",
        ask: `GET ${maps}?watch=1&timeoutSeconds=1&labelSelector=a&sendInitialEvents=false${query}`,
        ...(/^0?1$/.test(version) ? { shape: true as const } : {}),
      },
    ];
  }),
);

const tokens = [
  "x",
  "eyJ2IjoibWV0YS5rOHMuaW8vdjEifQ",
  "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6LTEsInN0YXJ0IjoiIn0",
  "eyJ2IjoieCIsInJ2IjoxLCJzdGFydCI6ImEifQ",
  "%20",
  "e30",
  "<continue>",
  "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MTAwLCJzdGFydCI6Ii4uL3gifQ",
];
const paged: readonly Row[] = [
  ...["1", "2", "3", "4", "0", "-1", "x", "1.5", "99999999999999999999", "+1", " 1"].map(
    (limit): Row => ({ at: "R4", ask: `GET ${maps}?limit=${limit}` }),
  ),
  { at: "R4", ask: `GET ${maps}?limit=1` },
  { at: "R4", ask: `GET ${maps}?limit=1&continue=<continue>` },
  { at: "R4", ask: `GET ${maps}?limit=1` },
  { at: "R4", ask: `GET ${maps}?limit=1&labelSelector=a` },
  { at: "R4", ask: `GET ${maps}?limit=1&labelSelector=a&continue=<continue>` },
  { at: "R4", ask: `GET ${maps}?limit=1&fieldSelector=metadata.name!=x` },
  { at: "R4", ask: `GET ${maps}?limit=1`, accept: table() },
  { at: "R4", ask: `GET ${maps}?limit=1&continue=<continue>`, accept: table() },
  ...tokens.flatMap((token): Row[] =>
    [
      "",
      "&limit=1",
      "&resourceVersion=0",
      "&resourceVersion=1",
      "&resourceVersion=<version>",
      "&resourceVersionMatch=Exact",
      "&watch=1&timeoutSeconds=1",
      "&watch=1&timeoutSeconds=1&resourceVersion=<version>",
    ].map((rest) => ({
      at: "R4",
      ask: `GET ${maps}?continue=${token}${rest}`,
    })),
  ),
];

const selectors = [
  "a",
  "!a",
  "a=b",
  "a==b",
  "a!=b",
  "a in (b)",
  "a in (b,c)",
  "a notin (b)",
  "a in ()",
  "a in",
  "a in b",
  "a=b,b",
  "a,",
  ",a",
  ",",
  " a = b ",
  "a>1",
  "a<1",
  "a>x",
  "a=",
  "a!=",
  "=b",
  "!",
  "!!a",
  "a b",
  "a/b/c",
  "-a",
  "a-",
  "a=b=c",
  "a=(b)",
  "a in (b,)",
  "a in (,b)",
  "(a)",
  "x".repeat(64),
  `a=${"x".repeat(64)}`,
  `${"x".repeat(64)}/a`,
  "é",
  "a=é",
  "example.com/a=b",
  "Example.com/a",
  "a\nb",
  "a in (b c)",
  "a not in (b)",
  "a exists",
  "in",
  "notin",
  "in in (in)",
  "a=in",
  "a~b",
  "a==",
  "a=b;c",
];
const fields = [
  "metadata.name=one",
  "metadata.name==one",
  "metadata.name!=one",
  "metadata.namespace=NS",
  "metadata.name",
  "metadata.name=",
  "=one",
  "!metadata.name",
  "metadata.name>one",
  "metadata.name in (one)",
  "metadata.labels=a",
  "nope=x",
  "data=x",
  "metadata.name=one,metadata.namespace=NS",
  "metadata.name=one,",
  ",",
  "metadata.name=one,nope=x",
  "metadata.name=a\\,b",
  "metadata.name=a\\x",
  "metadata.name=a=b",
  "metadata.name=UPPER",
  "metadata.uid=x",
  " metadata.name=one",
  "metadata.name=one ",
  "metadata.name=one,metadata.name=two",
  "metadata.namespace=other",
];
const selected: readonly Row[] = [
  ...selectors.flatMap((selector): Row[] =>
    ["", "&watch=1&timeoutSeconds=1"].map((rest) => ({
      at: "R13",
      ask: `GET ${maps}?labelSelector=${encodeURIComponent(selector)}${rest}`,
    })),
  ),
  ...selectors.map(
    (selector): Row => ({
      at: "R13",
      ask: `DELETE ${maps}?dryRun=All&labelSelector=${encodeURIComponent(selector)}`,
    }),
  ),
  ...fields.flatMap((selector): Row[] =>
    ["", "&watch=1&timeoutSeconds=1"].map((rest) => ({
      at: "R12",
      ask: `GET ${maps}?fieldSelector=${encodeURIComponent(selector)}${rest}`,
    })),
  ),
  ...fields.map(
    (selector): Row => ({
      at: "R12",
      ask: `DELETE ${maps}?dryRun=All&fieldSelector=${encodeURIComponent(selector)}`,
    }),
  ),
  {
    at: "R12",
    ask: `GET ${maps}?fieldSelector=metadata.name%3Done&fieldSelector=metadata.name%3Dtwo`,
  },
  { at: "R13", ask: `GET ${maps}?labelSelector=a%3Db&labelSelector=a%3Dc` },
  { at: "R12", ask: `GET ${maps}/one?fieldSelector=nope%3Dx&labelSelector=-` },
  {
    at: "R12",
    ask: `GET /api/v1/secrets?fieldSelector=metadata.namespace%3DNS,metadata.name%3Done`,
  },
  { at: "R12", ask: `GET /api/v1/pods?fieldSelector=metadata.namespace%3DNS,spec.nodeName%3Done` },
];

const watches: readonly Row[] = [
  ...[
    "watch=1",
    "watch=true",
    "watch=True",
    "watch=TRUE",
    "watch=t",
    "watch=0",
    "watch=false",
    "watch=False",
    "watch=x",
    "watch=",
    "watch",
    "watch=2",
  ].flatMap((flag): Row[] => [
    { at: "R6", ask: `GET ${maps}?${flag}&timeoutSeconds=1&labelSelector=a` },
    { at: "R6", ask: `GET ${maps}/one?${flag}&timeoutSeconds=1` },
  ]),
  ...[
    "timeoutSeconds=0&stop=1",
    "timeoutSeconds=-1",
    "timeoutSeconds=x",
    "timeoutSeconds=1.5",
    "timeoutSeconds=1s",
    "timeoutSeconds=",
  ].map(
    (query): Row => ({
      at: "R11",
      ask: `GET ${maps}?watch=1&labelSelector=a&${query}`,
      stream: true,
    }),
  ),
  ...[
    "timeoutSeconds=0",
    "timeoutSeconds=-1",
    "timeoutSeconds=x",
    "timeout=1s",
    "timeout=x",
    "timeout=0",
    "timeout=-1s",
    "timeout=100h",
    "timeout=1",
    "timeout=",
  ].flatMap((query): Row[] => [
    { at: "R11", ask: `GET ${maps}?labelSelector=a&${query}` },
    { at: "R11", ask: `GET ${maps}/one?${query}` },
    { at: "R11", ask: `PUT ${maps}/absent?${query}`, body: { metadata: { name: "absent" } } },
  ]),
  ...["true", "false", "x", "1", "0", ""].map(
    (value): Row => ({
      at: "R9",
      ask: `GET ${maps}?watch=1&timeoutSeconds=1&labelSelector=a&allowWatchBookmarks=${value}`,
    }),
  ),
  ...["true", "false", "x", "1", "0", ""].flatMap((value): Row[] => [
    { at: "R10", ask: `GET ${maps}?labelSelector=a&sendInitialEvents=${value}` },
    {
      at: "R10",
      ask: `GET ${maps}?labelSelector=a&sendInitialEvents=${value}&resourceVersionMatch=NotOlderThan`,
    },
    {
      at: "R10",
      ask: `GET ${maps}?watch=1&timeoutSeconds=1&labelSelector=a&sendInitialEvents=${value}&resourceVersionMatch=NotOlderThan`,
    },
    {
      at: "R10",
      ask: `GET ${maps}?watch=1&timeoutSeconds=1&labelSelector=a&sendInitialEvents=${value}&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
    },
    {
      at: "R10",
      ask: `GET ${maps}?watch=1&timeoutSeconds=1&labelSelector=a&sendInitialEvents=${value}&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
      accept: table(),
    },
    {
      at: "R10",
      ask: `GET ${maps}?watch=1&timeoutSeconds=1&labelSelector=a&sendInitialEvents=${value}&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true`,
      accept: part("PartialObjectMetadataList"),
    },
    {
      at: "R10",
      ask: `GET ${maps}?watch=1&timeoutSeconds=1&labelSelector=a&sendInitialEvents=${value}&resourceVersionMatch=NotOlderThan&limit=1&continue=x`,
    },
  ]),
  { at: "W1", ask: `GET /api/v1/watch/namespaces/NS/secrets?timeoutSeconds=1&labelSelector=a` },
  { at: "W1", ask: `GET /api/v1/watch/namespaces/NS/secrets/one?timeoutSeconds=1` },
  { at: "W1", ask: `GET /api/v1/watch/namespaces/NS/secrets/absent?timeoutSeconds=1` },
  { at: "W1", ask: `GET /api/v1/watch/namespaces/NS?timeoutSeconds=1` },
  {
    at: "W1",
    ask: `GET /api/v1/watch/namespaces/NS/secrets/one?timeoutSeconds=1&fieldSelector=metadata.name%3Dtwo`,
  },
  { at: "W1", ask: `GET ${maps}/one?watch=1&timeoutSeconds=1&fieldSelector=metadata.name%3Dtwo` },
  {
    at: "W1",
    ask: `GET /api/v1/watch/secrets?timeoutSeconds=1&labelSelector=a&fieldSelector=metadata.namespace%3DNS`,
  },
  { at: "W1", ask: `POST /api/v1/watch/namespaces/NS/secrets`, body: {} },
  { at: "W1", ask: `HEAD /api/v1/watch/namespaces/NS/secrets` },
  { at: "W1", ask: `GET /api/v1/watch` },
  { at: "W1", ask: `GET /api/v1/watch/nope` },
  { at: "W1", ask: `GET /api/v1/watch/namespaces/NS/secrets/one/status` },
  { at: "W1", ask: `GET /apis/authorization.k8s.io/v1/watch/subjectaccessreviews` },
  {
    at: "W1",
    ask: `GET /apis/apps/v1/watch/deployments?timeoutSeconds=1&fieldSelector=metadata.namespace%3DNS`,
  },
];

const others: readonly Row[] = [
  ...["true", "false", "1", "0", "x", ""].flatMap((value): Row[] => [
    { at: "W12", ask: `GET ${maps}/one?pretty=${value}` },
    { at: "W12", ask: `GET ${maps}?labelSelector=a&pretty=${value}` },
    { at: "W12", ask: `GET ${maps}/absent?pretty=${value}` },
  ]),
  { at: "W12", ask: `GET ${maps}/one`, headers: { "user-agent": "curl/8" } },
  { at: "W12", ask: `GET ${maps}/one`, headers: { "user-agent": "Mozilla/5.0" } },
  {
    at: "W12",
    ask: `GET ${maps}/one`,
    headers: { "user-agent": "Mozilla/5.0" },
    accept: "text/html,*/*;q=0.8",
  },
  { at: "W12", ask: "GET /api/v1/namespaces?limit=1&unknown=1&x=y" },
  ...["gzip", "gzip, deflate", "*", "deflate", "br", "identity", "gzip;q=0"].flatMap(
    (coding): Row[] => [
      { at: "W12", ask: `GET ${maps}`, headers: { "accept-encoding": coding } },
      {
        at: "W12",
        ask: "GET /apis/rbac.authorization.k8s.io/v1/clusterroles",
        headers: { "accept-encoding": coding },
        shape: true,
      },
      {
        at: "W12",
        ask: "GET /apis/rbac.authorization.k8s.io/v1/clusterroles",
        accept: table(),
        headers: { "accept-encoding": coding },
        shape: true,
      },
      {
        at: "W12",
        ask: "GET /apis/rbac.authorization.k8s.io/v1/clusterroles",
        headers: { "accept-encoding": coding },
        shape: true,
        http: 1,
      },
      { at: "W12", ask: "GET /api/v1", headers: { "accept-encoding": coding }, shape: true },
      { at: "W12", ask: "GET /metrics", headers: { "accept-encoding": coding }, shape: true },
    ],
  ),
  ...[1, 2].flatMap((http): Row[] => [
    { at: "W12", ask: `GET ${maps}/one`, http: http as 1 | 2 },
    { at: "W12", ask: `HEAD ${maps}/one`, http: http as 1 | 2 },
    { at: "W12", ask: `HEAD ${maps}`, http: http as 1 | 2 },
    { at: "W12", ask: `OPTIONS ${maps}`, http: http as 1 | 2 },
    {
      at: "W12",
      ask: `OPTIONS ${maps}/one`,
      http: http as 1 | 2,
      headers: { origin: "https://example.com" },
    },
    { at: "W12", ask: `TRACE ${maps}/one`, http: http as 1 | 2 },
    { at: "W12", ask: `PROPFIND ${maps}/one`, http: http as 1 | 2 },
    { at: "W12", ask: `PATCH ${maps}`, http: http as 1 | 2, body: {} },
    { at: "W12", ask: `PUT ${maps}`, http: http as 1 | 2, body: {} },
    { at: "W12", ask: `POST ${maps}/one`, http: http as 1 | 2, body: {} },
    { at: "W12", ask: `DELETE /api/v1/secrets`, http: http as 1 | 2 },
    { at: "W12", ask: `GET ${maps}?watch=1&timeoutSeconds=1&labelSelector=a`, http: http as 1 | 2 },
    {
      at: "W1",
      ask: `GET ${maps}/one`,
      http: http as 1 | 2,
      headers: { authorization: "Bearer nope" },
    },
  ]),
  { at: "R3", ask: `GET ${maps}?resourceVersion=99999999999` },
  { at: "R3", ask: `GET ${maps}/one?resourceVersion=99999999999` },
  { at: "R3", ask: `GET ${maps}?resourceVersion=99999999999&resourceVersionMatch=Exact` },
  { at: "R3", ask: `GET ${maps}?resourceVersion=99999999999&resourceVersionMatch=NotOlderThan` },
  { at: "R3", ask: `GET ${maps}?resourceVersion=99999999999&watch=1&timeoutSeconds=1` },
  {
    at: "R3",
    ask: `GET ${maps}?resourceVersion=99999999999&watch=1&timeoutSeconds=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`,
  },
  { at: "R2", ask: `GET /api/v1/namespaces/absent/secrets` },
  { at: "R2", ask: `GET /api/v1/namespaces/absent/secrets?watch=1&timeoutSeconds=1` },
];

export const readForms: readonly Row[] = [...setUp, ...forms, ...tables];
export const readVersions: readonly Row[] = [...setUp, ...versioned];
export const readPages: readonly Row[] = [...setUp, ...paged];
export const readSelectors: readonly Row[] = [...setUp, ...selected];
export const readWatches: readonly Row[] = [...setUp, ...watches];
export const readOthers: readonly Row[] = [...setUp, ...others];
