/** W7, W10, R2 to R4 and R10: media types of answers, versions, pages. */
import type { Row } from "../row.ts";
import { maps, part, setUp, table } from "./read-objects.ts";

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

export const readForms: readonly Row[] = [...setUp, ...forms, ...tables];
export const readVersions: readonly Row[] = [...setUp, ...versioned];
export const readPages: readonly Row[] = [...setUp, ...paged];
