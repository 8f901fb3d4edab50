/**
 * What a client takes and what it sends. Accept and Content-Type are few and repeat for ever: each text is
 * parsed once and kept in a bounded map.
 */
import { refusal } from "#apimachinery/status.ts";
import type { Call } from "./call.ts";

export type MediaType = "json" | "yaml" | "protobuf";

export interface Accepted {
  readonly mediaType: MediaType;
  /** What the object is turned into: itself, a table, or its metadata alone. */
  readonly as: "object" | "table" | "metadata";
  /** Of metadata alone: that of a list was asked for, not that of one object. */
  readonly asList?: boolean;
  /** Version of meta.k8s.io that `as` was asked in. */
  readonly asVersion: string;
  /** The client named stream=watch. */
  readonly stream: boolean;
}

export const contentTypes: Readonly<Record<MediaType, string>> = {
  json: "application/json",
  yaml: "application/yaml",
  protobuf: "application/vnd.kubernetes.protobuf",
};

interface Clause {
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  readonly quality: number;
}

/** Media types by name; wildcards mean JSON. */
const mediaTypes: Readonly<Record<string, MediaType>> = {
  "application/json": "json",
  "application/*": "json",
  "*/*": "json",
  "application/yaml": "yaml",
  "application/vnd.kubernetes.protobuf": "protobuf",
};

const headersKeptMax = 500;

/** Remembers a pure function of a header. Bounded: clients choose the keys. */
function remembered<T>(parse: (header: string) => T): (header: string) => T {
  const known = new Map<string, T>();
  return (header) => {
    const hit = known.get(header);
    if (hit !== undefined) return hit;
    const made = parse(header);
    if (known.size >= headersKeptMax) known.clear();
    known.set(header, made);
    return made;
  };
}

function clauseOf(text: string): Clause {
  const [type = "", ...rest] = text.split(";");
  const parameters = new Map<string, string>();
  for (const parameter of rest) {
    const [name = "", value = ""] = parameter.split("=", 2);
    parameters.set(name.trim().toLowerCase(), value.trim().replace(/^"|"$/g, ""));
  }
  const quality = Number(parameters.get("q") ?? "1");
  return {
    type: type.trim().toLowerCase(),
    parameters,
    quality: Number.isNaN(quality) ? 0 : quality,
  };
}

const transforms: Readonly<Record<string, Accepted["as"]>> = {
  Table: "table",
  PartialObjectMetadata: "metadata",
  PartialObjectMetadataList: "metadata",
};

function acceptedOf({ type, parameters }: Clause): Accepted | undefined {
  const mediaType = mediaTypes[type];
  if (mediaType === undefined) return undefined;
  const stream = parameters.get("stream") === "watch";
  const as = parameters.get("as");
  if (as === undefined) return { mediaType, as: "object", asVersion: "", stream };
  const transform = transforms[as];
  const version = parameters.get("v") ?? "";
  const known = transform !== undefined && parameters.get("g") === "meta.k8s.io";
  if (!known || (version !== "v1" && version !== "v1beta1")) return undefined;
  const asList = as.endsWith("List");
  return { mediaType, as: transform, asList, asVersion: version, stream };
}

const plainJson: Accepted = { mediaType: "json", as: "object", asVersion: "", stream: false };

/** The clauses that this server can serve, best first. */
const alternatives = remembered((header: string): readonly Accepted[] => {
  if (header === "") return [plainJson];
  return header
    .split(",", 50)
    .map(clauseOf)
    .filter(({ quality }) => quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map(acceptedOf)
    .filter((accepted) => accepted !== undefined);
});

export interface Representations {
  /** Default true. False: the answer has no metadata or table form. */
  readonly transforms?: boolean;
  readonly watch?: boolean;
  /** A custom resource: only its metadata has a protobuf form. */
  readonly custom?: boolean | undefined;
}

/** Throws NotAcceptable. */
export function negotiate(accept: string | null, options: Representations = {}): Accepted {
  for (const accepted of alternatives(accept ?? "")) {
    if (accepted.as !== "object" && options.transforms === false) continue;
    const untyped = options.custom === true && accepted.as === "object";
    if (untyped && accepted.mediaType === "protobuf") continue;
    if (accepted.as === "table" && accepted.mediaType === "protobuf") continue;
    if (options.watch === true && accepted.mediaType === "yaml") continue;
    return accepted;
  }
  const suffix = options.watch === true ? ";stream=watch" : "";
  const names = options.watch === true ? (["json", "protobuf"] as const) : mediaTypeNames;
  const list = names.map((name) => contentTypes[name] + suffix).join(", ");
  throw refusal("NotAcceptable", `406: Not Acceptable\n\nAvailable representations: ${list}`, {});
}

/** Upstream notices only with the answer in hand that it asks for the metadata of one object where there are many, or the reverse. */
export function refuseOtherForm({ as, asList }: Accepted, isList: boolean): void {
  if (as !== "metadata" || asList === isList) return;
  const wanted = asList === true ? "PartialObjectMetadataList" : "PartialObjectMetadata";
  throw refusal("NotAcceptable", `you requested ${wanted}, which the requested object is not`);
}

/** What the client of this call takes of what its endpoint has. Throws NotAcceptable. */
export function negotiated({ request, endpoint }: Pick<Call, "request" | "endpoint">): Accepted {
  return negotiate(request.headers.get("accept"), endpoint);
}

const mediaTypeNames = ["json", "yaml", "protobuf"] as const;

const bareTypeOf = remembered((header: string): string => clauseOf(header).type);

/** The type without parameters, lower case. */
export function bareContentType(header: string | null): string {
  return bareTypeOf(header ?? "");
}

/** How a body is to be read; upstream reads a body without a type as JSON. Throws UnsupportedMediaType. */
export function bodyMediaType(header: string | null, custom: boolean): MediaType {
  const type = bareContentType(header);
  if (type === "") return "json";
  const mediaType = type.includes("*") ? undefined : mediaTypes[type];
  if (mediaType !== undefined && !(custom && mediaType === "protobuf")) return mediaType;
  const list = mediaTypeNames.map((name) => contentTypes[name]).join(", ");
  throw refusal(
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${list}`,
  );
}
