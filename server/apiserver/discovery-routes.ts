/** /api, /apis, /apis/G and the lists of each group-version. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { encodeProtobuf, hasProtobuf } from "#apimachinery/codec/protobuf.ts";
import { encodeYaml } from "#apimachinery/codec/yaml.ts";
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
import { methodNotAllowed, noPage, unknownResource } from "./dispatch-refusals.ts";
import { prettied } from "./encoding/pretty.ts";
import { contentTypes, type MediaType, negotiate } from "./negotiation.ts";
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

/** The aggregated form that the client takes; what it thinks of the plain one does not matter. */
const takesAggregated = (accept: string | null): MediaType | undefined => {
  for (const clause of (accept ?? "").split(",")) {
    const [type = "", ...parameters] = clause.split(";").map((part) => part.trim());
    const isNamed = ["g=apidiscovery.k8s.io", "v=v2", "as=APIGroupDiscoveryList"].every((one) =>
      parameters.includes(one),
    );
    if (!isNamed) continue;
    if (type === "application/json" || type === "application/*" || type === "*/*") return "json";
    if (type === "application/yaml") return "yaml";
  }
  return undefined;
};

/** Upstream echoes the parameters: clients tell the forms apart by them. */
function answerAggregated(
  request: Request,
  marks: Marks,
  document: Document,
  mediaType: MediaType,
): Response {
  const headers = {
    "audit-id": marks.auditId,
    "cache-control": "public",
    etag: document.etag,
    vary: "Accept",
  };
  if (request.headers.get("if-none-match") === document.etag)
    return new Response(null, { status: 304, headers });
  const form = "g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  return new Response(Buffer.from(shownAs(document, mediaType)), {
    headers: { ...headers, "content-type": `${contentTypes[mediaType]};${form}` },
  });
}

const shownAs = ({ bytes }: Document, mediaType: MediaType): Uint8Array =>
  mediaType === "yaml" ? encodeYaml(JSON.parse(Buffer.from(bytes).toString())) : bytes;

type Legacy = { readonly kind: string; readonly apiVersion?: string };

/** The core group's own documents name no version. */
const withoutVersion = ({ apiVersion: _, ...document }: Legacy): Legacy => document;

function answerLegacy(request: Request, marks: Marks, object: Legacy, unrouted: boolean): Response {
  const accept = request.headers.get("accept");
  const accepted = negotiate(accept, { transforms: false, unrouted });
  const { mediaType } = accepted;
  if (mediaType === "protobuf" && hasProtobuf("v1", object.kind)) {
    const bytes = encodeProtobuf({ ...object, apiVersion: object.apiVersion ?? "v1" });
    return respondBytes(marks, 200, contentTypes.protobuf, bytes);
  }
  const document = documentOf(object);
  if (mediaType === "yaml")
    return respondBytes(marks, 200, contentTypes.yaml, shownAs(document, "yaml"));
  const query = new URL(request.url).searchParams;
  const bytes = prettied({ request, query }, accepted, document.bytes);
  return respondBytes(marks, 200, contentTypes.json, bytes);
}

interface DiscoveryParts {
  readonly registry: readonly Resource[];
  readonly custom: Pick<CustomResources, "all">;
  /** host:port that clients are told to come back to. */
  readonly serverAddress?: string | undefined;
}

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

  aggregated(core: boolean): Document {
    const name = core ? "core" : "groups";
    const known = this.#documents.get(name) ?? documentOf(aggregated(this.#all, core));
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

/** Whether a path takes every method as a GET, as the groups do, or GET alone. */
interface Manner {
  readonly anyMethod: boolean;
}

export function addDiscoveryRoutes(routes: Routes, parts: DiscoveryParts): void {
  const now = catalogues(parts);
  const builtIn = new Set(parts.registry.map(({ ref }) => ref.group));
  const at = (
    path: string,
    { anyMethod }: Manner,
    answer: (request: Request, marks: Marks, parameters: Record<string, string>) => Response,
  ) => {
    for (const one of [path, `${path}/`])
      routes.all(one, (c) => {
        if (!anyMethod && c.req.raw.method !== "GET") throw methodNotAllowed();
        return answer(c.req.raw, c.env.marks, c.req.param());
      });
  };
  const root = (path: string, core: boolean, legacy: () => Legacy) =>
    at(path, { anyMethod: !core }, (request, marks) => {
      const form = takesAggregated(request.headers.get("accept"));
      if (form === undefined) return answerLegacy(request, marks, legacy(), !core);
      return answerAggregated(request, marks, now().aggregated(core), form);
    });
  root("/api", true, () => withoutVersion(apiVersions(parts)));
  root("/apis", false, () => now().groups);
  at("/api/v1", { anyMethod: false }, (request, marks) => {
    const found = now().resources("", "v1");
    if (found === undefined) return noPage();
    return answerLegacy(request, marks, withoutVersion(found), false);
  });
  at("/api/:version", { anyMethod: true }, () => {
    throw unknownResource();
  });
  at("/apis/:group", { anyMethod: true }, (request, marks, { group = "" }) => {
    const found = now().group(group);
    return found === undefined ? noPage() : answerLegacy(request, marks, found, true);
  });
  at(
    "/apis/:group/:version",
    { anyMethod: true },
    (request, marks, { group = "", version = "" }) => {
      const found = now().resources(group, version);
      if (found !== undefined && request.method !== "GET") throw methodNotAllowed();
      if (found !== undefined) return answerLegacy(request, marks, found, false);
      if (builtIn.has(group)) throw unknownResource();
      return noPage();
    },
  );
}

function apiVersions({ serverAddress = "" }: DiscoveryParts): Legacy {
  const serverAddressByClientCIDRs = [{ clientCIDR: "0.0.0.0/0", serverAddress }];
  return Object.assign(
    { kind: "APIVersions", apiVersion: "v1" },
    { versions: ["v1"], serverAddressByClientCIDRs },
  );
}
