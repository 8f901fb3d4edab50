/** /api, /apis, /apis/G and the lists of each group-version. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { encodeProtobuf, hasProtobuf } from "#apimachinery/codec/protobuf.ts";
import { refusal } from "#apimachinery/status.ts";
import type { Resource } from "#resources/resource.ts";
import type { CustomResources } from "./apiextensions/custom-resources.ts";
import type { Routes } from "./app.ts";
import {
  aggregated,
  apiGroup,
  type GroupVersion,
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

interface DiscoveryParts {
  readonly registry: readonly Resource[];
  readonly custom: Pick<CustomResources, "all">;
  /** host:port that clients are told to come back to. */
  readonly serverAddress?: string | undefined;
}

type Legacy = { readonly kind: string; readonly apiVersion: string };

/** Everything that discovery answers, for one state of the custom resources. */
class Catalogue {
  readonly #all: readonly GroupVersion[];
  /** Kept once made. */
  readonly #documents = new Map<string, Document>();
  readonly groups: Legacy;

  constructor(resources: readonly Resource[]) {
    this.#all = groupVersions(resources);
    const names = [...new Set(this.#all.map(({ group }) => group))].filter((name) => name !== "");
    const groups = names
      .map((group) => apiGroup(group, this.#all))
      .map((group) => group && { ...group, kind: undefined, apiVersion: undefined });
    this.groups = Object.assign({ kind: "APIGroupList", apiVersion: "v1" }, { groups });
  }

  aggregated(version: "v2" | "v2beta1", core: boolean): Document {
    const name = `${version} ${core}`;
    const known = this.#documents.get(name) ?? documentOf(aggregated(this.#all, version, core));
    this.#documents.set(name, known);
    return known;
  }

  group(name: string): Legacy | undefined {
    return name === "" ? undefined : apiGroup(name, this.#all);
  }

  resources(group: string, version: string): Legacy | undefined {
    const one = this.#all.find((it) => it.group === group && it.version === version);
    if (one === undefined) return undefined;
    const groupVersion = groupVersionOf(one);
    const list = { groupVersion, resources: legacyResources(one.resources) };
    return Object.assign({ kind: "APIResourceList", apiVersion: "v1" }, list);
  }
}

/** The catalogue of now: made anew when custom resources come or go. */
function catalogues({ registry, custom }: DiscoveryParts): () => Catalogue {
  let madeFrom: readonly Resource[] = [];
  let catalogue = new Catalogue(registry);
  return () => {
    const { resources } = custom.all();
    if (resources === madeFrom) return catalogue;
    madeFrom = resources;
    catalogue = new Catalogue([...registry, ...resources]);
    return catalogue;
  };
}

export function addDiscoveryRoutes(routes: Routes, parts: DiscoveryParts): void {
  const now = catalogues(parts);
  const root = (path: string, core: boolean, legacy: () => Legacy) => {
    const answer = (request: Request, marks: Marks): Response => {
      const version = aggregatedVersion(request.headers.get("accept"));
      if (version === undefined) return answerLegacy(request, marks, legacy());
      return answerAggregated(request, marks, now().aggregated(version, core), version);
    };
    for (const at of [path, `${path}/`]) routes.get(at, (c) => answer(c.req.raw, c.env.marks));
  };
  const legacyAt = (path: string, find: (group: string, version: string) => Legacy | undefined) => {
    for (const at of [path, `${path}/`]) {
      routes.get(at, (c) => {
        const found = find(c.req.param("group") ?? "", c.req.param("version") ?? "");
        if (found === undefined) throw refusal("NotFound", "404 page not found");
        return answerLegacy(c.req.raw, c.env.marks, found);
      });
    }
  };
  root("/api", true, () => apiVersions(parts));
  root("/apis", false, () => now().groups);
  legacyAt("/api/v1", () => now().resources("", "v1"));
  legacyAt("/apis/:group", (group) => now().group(group));
  legacyAt("/apis/:group/:version", (group, version) => now().resources(group, version));
}

function apiVersions({ serverAddress = "" }: DiscoveryParts): Legacy {
  const serverAddressByClientCIDRs = [{ clientCIDR: "0.0.0.0/0", serverAddress }];
  return Object.assign(
    { kind: "APIVersions", apiVersion: "v1" },
    { versions: ["v1"], serverAddressByClientCIDRs },
  );
}
