/** Requests that mean harm, of every form that the API takes: paths, queries, selectors, bodies, patches, headers. */
import { Buffer } from "node:buffer";
import { stringify } from "yaml";
import { encodeProtobuf, hasProtobuf } from "#apimachinery/codec/protobuf.ts";
import { readSamples, type Sample } from "#tests/codec/samples.ts";
import type { Chance } from "./chance.ts";
import { secretValue, standing } from "./standing.ts";
import { bentBytes, bentObject, oddName, oddValue } from "./values.ts";

export interface Attack {
  /** Which fuzzer made it. */
  readonly of: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

type Json = Record<string, unknown>;

const samples: readonly Sample[] = readSamples().filter(({ kind }) => kind !== "WatchEvent");
const json = { "content-type": "application/json" };
const bytesOf = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

function sampleObject(chance: Chance): Json {
  const { apiVersion, kind, json: fields } = chance.of(samples);
  return { apiVersion, kind, ...fields };
}

/** An object that stands, or upstream's sample of some kind, bent. */
function bentBody(chance: Chance, object: Json): Json {
  return bentObject(chance, chance.is(0.75) ? object : sampleObject(chance));
}

function ofJson(chance: Chance): Attack {
  const { path, name, object } = chance.of(standing);
  const body = bytesOf(bentBody(chance, object));
  const write = chance.is(0.5)
    ? { method: "POST", path: `${path}?dryRun=${chance.of(["All", "", "Nope"])}` }
    : { method: "PUT", path: `${path}/${name}` };
  const broken = chance.is(0.2) ? bentBytes(chance, body) : body;
  return { of: "json", ...write, headers: json, body: broken };
}

const yamlTricks = [
  "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c, *c, *c]\n",
  "? [complex, key]\n: value\n",
  "<<: {metadata: {name: x}}\n",
  "!!js/function 'x'\n",
  "--- a\n--- b\n",
  "\t- tab\n",
  "x: !!binary ====\n",
  `${"[".repeat(2_000)}\n`,
  "a: 0x1F\nb: .nan\nc: -.inf\nd: 1_000\ne: 2026-01-01\n",
];

/** JSON is YAML too, and does not take minutes to write where it is deep. */
function yamlOf(object: Json): string {
  const text = JSON.stringify(object);
  return text.length > 3_000 ? text : stringify(object);
}

function ofYaml(chance: Chance): Attack {
  const { path, object } = chance.of(standing);
  const plain = Buffer.from(
    chance.is(0.3) ? chance.of(yamlTricks) : yamlOf(bentBody(chance, object)),
  );
  const body = chance.is(0.3) ? bentBytes(chance, plain) : plain;
  const headers = { "content-type": "application/yaml" };
  return { of: "yaml", method: "POST", path: `${path}?dryRun=All`, headers, body };
}

function ofProtobuf(chance: Chance): Attack {
  const { path, name, object } = chance.of(standing);
  const { apiVersion = "", kind = "" } = object;
  const whole = hasProtobuf(`${apiVersion}`, `${kind}`)
    ? encodeProtobuf({ ...object, apiVersion: `${apiVersion}`, kind: `${kind}` })
    : chance.of(samples).protobuf;
  const write = chance.is(0.6)
    ? { method: "POST", path: `${path}?dryRun=All` }
    : { method: "PUT", path: `${path}/${name}` };
  const type = "application/vnd.kubernetes.protobuf";
  const headers = { "content-type": type, accept: chance.of([type, "application/json"]) };
  return { of: "protobuf", ...write, headers, body: bentBytes(chance, whole) };
}

const pointers = [
  "",
  "/",
  "/metadata",
  "/metadata/labels/a~1b",
  "/spec",
  "/spec/containers/0",
  "/spec/containers/-",
  "/spec/containers/-1",
  "/spec/containers/99999999",
  "/~2",
  "/__proto__/x",
  "/metadata/finalizers/0",
  "/kind",
];

function jsonPatch(chance: Chance): unknown {
  const operation = (): Json => ({
    op: chance.of(["add", "remove", "replace", "move", "copy", "test", "nope"]),
    path: chance.of(pointers),
    from: chance.of(pointers),
    value: oddValue(chance),
  });
  const count = chance.is(0.02) ? 11_000 : 1 + chance.below(5);
  return Array.from({ length: count }, operation);
}

function strategicPatch(chance: Chance, object: Json): unknown {
  const directives = {
    $patch: chance.of(["merge", "replace", "delete", "nope", 1]),
    $retainKeys: chance.of([["containers"], [1], "x", null]),
    "$setElementOrder/containers": chance.of([[{ name: "c" }], [{}], [1], "x"]),
    "$deleteFromPrimitiveList/finalizers": chance.of([["x"], [{}], 1]),
  };
  const patch = bentObject(chance, object);
  const spec = typeof patch["spec"] === "object" && patch["spec"] !== null ? patch["spec"] : {};
  return chance.is(0.5)
    ? { ...patch, spec: { ...spec, ...directives } }
    : { ...patch, ...directives };
}

function applied(chance: Chance, object: Json): unknown {
  const { metadata, ...rest } = bentBody(chance, object);
  const fields = { "f:spec": { "k:{bad": {}, 'v:"x"': oddValue(chance), [oddName(chance)]: {} } };
  const managed = {
    manager: "x",
    operation: chance.of(["Apply", "Update", "?"]),
    fieldsType: "FieldsV1",
  };
  const managedFields = [{ ...managed, apiVersion: chance.of(["v1", "?", ""]), fieldsV1: fields }];
  const own = typeof metadata === "object" ? metadata : {};
  return { ...rest, metadata: chance.is(0.4) ? { ...own, managedFields } : metadata };
}

function ofPatch(chance: Chance): Attack {
  const { path, name, object } = chance.of(standing);
  const [type, patch]: readonly [string, unknown] = chance.of([
    () => ["json-patch+json", jsonPatch(chance)] as const,
    () => ["merge-patch+json", bentObject(chance, object)] as const,
    () => ["strategic-merge-patch+json", strategicPatch(chance, object)] as const,
    () => ["apply-patch+yaml", applied(chance, object)] as const,
  ])();
  const part = chance.of(["", "", "", "/status", "/scale", "/resize", "/ephemeralcontainers"]);
  const query = `fieldManager=fuzz&force=${chance.of(["true", "false", "x"])}`;
  const body = chance.is(0.1) ? bentBytes(chance, bytesOf(patch)) : bytesOf(patch);
  const headers = { "content-type": `application/${type}` };
  return { of: type, method: "PATCH", path: `${path}/${name}${part}?${query}`, headers, body };
}

const texts = [
  "",
  "0",
  "1",
  "-1",
  "abc",
  "true",
  "All",
  "Exact",
  "NotOlderThan",
  "9".repeat(40),
  "%00",
  "é",
  "{}",
  "a,b",
  "Foreground",
  "x".repeat(3_000),
  "metadata.name=a",
  "a in (b",
  "!a,b!=c,d notin (e,f)",
  "a==b",
  "a=b=c",
  "(",
  "\u0000",
  "spec.nodeName!=",
  "🜁",
];
const parameters = [
  "resourceVersion",
  "resourceVersionMatch",
  "limit",
  "continue",
  "labelSelector",
  "fieldSelector",
  "timeoutSeconds",
  "sendInitialEvents",
  "allowWatchBookmarks",
  "watch",
  "pretty",
  "dryRun",
  "fieldManager",
  "fieldValidation",
  "includeObject",
  "propagationPolicy",
  "gracePeriodSeconds",
  "orphanDependents",
  "force",
  "hash",
  "container",
  "tailLines",
  "sinceTime",
  "command",
];

const bodied: readonly string[] = ["POST", "PUT", "PATCH"];

function ofQuery(chance: Chance): Attack {
  const { path, name, object } = chance.of(standing);
  const query = Array.from({ length: 1 + chance.below(4) }, () => {
    const value = chance.of(texts);
    return `${chance.of(parameters)}=${chance.is(0.1) ? value.replaceAll("%", "%zz") : encodeURIComponent(value.toWellFormed())}`;
  });
  const method = chance.of(["GET", "GET", "GET", "DELETE", "HEAD", "OPTIONS", ...bodied]);
  const changes = method === "DELETE" || bodied.includes(method);
  const at = method === "POST" || (chance.is(0.5) && !changes) ? path : `${path}/${name}`;
  const asked = {
    of: "query",
    method,
    path: `${at}?${query.join("&")}${changes ? "&dryRun=All" : ""}`,
  };
  if (!bodied.includes(method)) return { ...asked, headers: oddHeaders(chance) };
  const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
  return { ...asked, headers: { "content-type": type }, body: bytesOf(object) };
}

function ofSelector(chance: Chance): Attack {
  const pieces = [
    "a",
    "=",
    "==",
    "!=",
    "!",
    "in",
    "notin",
    "(",
    ")",
    ",",
    " ",
    "b.c/d",
    "'",
    '"',
    "\\",
    "x".repeat(70),
    "é",
    ">",
    "1",
  ];
  const selector = Array.from({ length: 1 + chance.below(9) }, () => chance.of(pieces)).join("");
  const kind = chance.of(["labelSelector", "fieldSelector"]);
  const { path } = chance.of(standing);
  const [method, more] = chance.of([
    ["GET", ""],
    ["GET", "&limit=1"],
    ["GET", "&watch=1&timeoutSeconds=1"],
    ["DELETE", "&dryRun=All"],
  ] as const);
  const query = `${kind}=${encodeURIComponent(selector)}${more}`;
  return { of: "selector", method, path: `${path}?${query}`, headers: {} };
}

/** Lists as streams of events, and lists in pieces, asked for rightly and wrongly. */
function ofWatchList(chance: Chance): Attack {
  const values: Readonly<Record<string, readonly string[]>> = {
    watch: ["1", "true", "0", "x"],
    sendInitialEvents: ["true", "false", "x", ""],
    resourceVersionMatch: ["NotOlderThan", "Exact", "", "x"],
    allowWatchBookmarks: ["true", "false", "x"],
    resourceVersion: ["", "0", "1", "99999999999", "-1", "x"],
    limit: ["1", "0", "-1", "2147483648", "x"],
    continue: ["", "e30", "eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MSwic3RhcnQiOiJwIn0", "%%%"],
    timeoutSeconds: ["1"],
  };
  const query = Object.entries(values)
    .filter(([name]) => name === "timeoutSeconds" || chance.is(0.6))
    .map(([name, some]) => `${name}=${encodeURIComponent(chance.of(some))}`);
  const { path } = chance.of(standing);
  const accept = chance.of([
    "application/json",
    "application/json;stream=watch",
    "application/vnd.kubernetes.protobuf;stream=watch",
    "application/json;as=Table;v=v1;g=meta.k8s.io",
    "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
  ]);
  return {
    of: "watch list",
    method: "GET",
    path: `${path}?${query.join("&")}`,
    headers: { accept },
  };
}

function oddHeaders(chance: Chance): Record<string, string> {
  const all: readonly (readonly [string, readonly string[]])[] = [
    [
      "accept",
      [
        "application/json;as=Table;v=v1;g=meta.k8s.io",
        "*/*;q=0",
        ";;;",
        "x/y",
        "application/yaml",
        `${"a/b,".repeat(500)}`,
      ],
    ],
    [
      "content-type",
      ["application/json", "application/cbor", "x", "application/json;charset=\u00ff"],
    ],
    [
      "authorization",
      [
        "Bearer x.y.z",
        "Bearer ",
        "Basic eA==",
        `Bearer ${"x".repeat(5_000)}`,
        `Bearer ${secretValue}`,
      ],
    ],
    ["impersonate-user", ["", "system:admin", "é"]],
    ["impersonate-group", ["x"]],
    ["impersonate-extra-%zz", ["x"]],
    ["if-none-match", ["*"]],
    ["range", ["bytes=0-1"]],
    ["content-encoding", ["gzip"]],
    ["upgrade", ["websocket", "SPDY/3.1"]],
  ];
  const chosen = all
    .filter(() => chance.is(0.2))
    .map(([name, values]) => [name, chance.of(values)]);
  return Object.fromEntries(chosen);
}

function ofPath(chance: Chance): Attack {
  const pieces = [
    "api",
    "apis",
    "v1",
    "apps",
    "namespaces",
    "default",
    "pods",
    "p",
    "..",
    "%2e%2e",
    "%2f",
    "%zz",
    "",
    "watch",
    "status",
    "exec",
    "proxy",
    "log",
    "x".repeat(2_000),
    "__proto__",
    "openapi",
    "v3",
    "healthz",
    "metrics",
    "é",
  ];
  const path = Array.from({ length: 1 + chance.below(9) }, () => chance.of(pieces)).join("/");
  const method = chance.of(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]);
  const headers = oddHeaders(chance);
  const body = method === "GET" || method === "HEAD" ? {} : { body: bytesOf(oddValue(chance)) };
  return {
    of: "path",
    method,
    path: `/${path}${method === "DELETE" ? "?dryRun=All" : ""}`,
    headers,
    ...body,
  };
}

const makers = [
  ofJson,
  ofJson,
  ofYaml,
  ofProtobuf,
  ofPatch,
  ofPatch,
  ofPatch,
  ofQuery,
  ofSelector,
  ofWatchList,
  ofPath,
];

export function attack(chance: Chance): Attack {
  return chance.of(makers)(chance);
}
