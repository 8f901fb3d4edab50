/** /api, /apis, /apis/G and the lists of each group-version. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { encodeProtobuf, hasProtobuf } from "#apimachinery/codec/protobuf.ts";
import type { Resource } from "#resources/resource.ts";
import type { Routes } from "./app.ts";
import {
  aggregated,
  apiGroup,
  groupVersionOf,
  groupVersions,
  legacyResources,
} from "./discovery.ts";
import { prettied } from "./encoding/pretty.ts";
import { contentTypes, negotiate } from "./negotiation.ts";
import { type Marks, respondBytes } from "./respond.ts";

interface Document {
  readonly bytes: Uint8Array;
  readonly etag: string;
}

function documentOf(object: object): Document {
  const bytes = Buffer.from(`${JSON.stringify(object)}\n`);
  const etag = `"${createHash("sha512").update(bytes).digest("hex").toUpperCase()}"`;
  return { bytes, etag };
}

/** Which aggregated version the client names first, if it names one before plain JSON. */
function aggregatedVersion(accept: string | null): "v2" | "v2beta1" | undefined {
  for (const clause of (accept ?? "").split(",")) {
    const parts = clause.split(";").map((part) => part.trim());
    if (parts[0] !== "application/json") continue;
    if (parts.length === 1) return undefined;
    if (!parts.includes("g=apidiscovery.k8s.io")) continue;
    if (!parts.includes("as=APIGroupDiscoveryList")) continue;
    if (parts.includes("v=v2")) return "v2";
    if (parts.includes("v=v2beta1")) return "v2beta1";
  }
  return undefined;
}

/** Upstream echoes the parameters: clients tell the forms apart by them. */
function answerAggregated(
  request: Request,
  marks: Marks,
  document: Document,
  version: string,
): Response {
  const headers = {
    "audit-id": marks.auditId,
    "cache-control": "public",
    "content-type": `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    etag: document.etag,
    vary: "Accept",
  };
  const known = request.headers.get("if-none-match");
  if (known?.includes(document.etag)) return new Response(null, { status: 304, headers });
  return new Response(Buffer.from(document.bytes), { headers });
}

function answerLegacy(
  request: Request,
  marks: Marks,
  object: { kind: string; apiVersion: string },
): Response {
  const { mediaType } = negotiate(request.headers.get("accept"), { transforms: false });
  if (mediaType === "protobuf" && hasProtobuf(object.apiVersion, object.kind)) {
    return respondBytes(marks, 200, contentTypes.protobuf, encodeProtobuf(object));
  }
  const bytes = prettied({ request, query: undefined }, "json", documentOf(object).bytes);
  return respondBytes(marks, 200, contentTypes.json, bytes);
}

/** Kept once made: the registry does not change while the process lives. */
function lazily(make: () => object): () => Document {
  let made: Document | undefined;
  return () => {
    made ??= documentOf(make());
    return made;
  };
}

interface DiscoveryParts {
  readonly registry: readonly Resource[];
  /** host:port that clients are told to come back to. */
  readonly serverAddress?: string | undefined;
}

export function addDiscoveryRoutes(routes: Routes, parts: DiscoveryParts): void {
  const all = groupVersions(parts.registry);
  const forms = (core: boolean) => ({
    v2: lazily(() => aggregated(all, "v2", core)),
    v2beta1: lazily(() => aggregated(all, "v2beta1", core)),
  });
  const root = (
    path: string,
    core: boolean,
    legacy: () => { kind: string; apiVersion: string },
  ) => {
    const documents = forms(core);
    const answer = (request: Request, marks: Marks): Response => {
      const version = aggregatedVersion(request.headers.get("accept"));
      if (version === undefined) return answerLegacy(request, marks, legacy());
      return answerAggregated(request, marks, documents[version](), version);
    };
    for (const at of [path, `${path}/`]) routes.get(at, (c) => answer(c.req.raw, c.env.marks));
  };
  root("/api", true, () => apiVersions(parts));
  root("/apis", false, () => ({
    kind: "APIGroupList",
    apiVersion: "v1",
    groups: [...new Set(all.map(({ group }) => group))]
      .filter((group) => group !== "")
      .map((group) => apiGroup(group, all))
      .map((group) => group && { ...group, kind: undefined, apiVersion: undefined }),
  }));
  for (const one of all) {
    const path = one.group === "" ? `/api/${one.version}` : `/apis/${one.group}/${one.version}`;
    const list = {
      kind: "APIResourceList",
      apiVersion: "v1",
      groupVersion: groupVersionOf(one),
      resources: legacyResources(one.resources),
    };
    for (const at of [path, `${path}/`]) {
      routes.get(at, (c) => answerLegacy(c.req.raw, c.env.marks, list));
    }
    const group = apiGroup(one.group, all);
    if (one.group === "" || group === undefined) continue;
    routes.get(`/apis/${one.group}`, (c) => answerLegacy(c.req.raw, c.env.marks, group));
  }
}

function apiVersions({ serverAddress = "" }: DiscoveryParts): {
  kind: string;
  apiVersion: string;
} {
  const serverAddressByClientCIDRs = [{ clientCIDR: "0.0.0.0/0", serverAddress }];
  return Object.assign(
    { kind: "APIVersions", apiVersion: "v1" },
    { versions: ["v1"], serverAddressByClientCIDRs },
  );
}
