/**
 * What a client takes and what it sends. Accept and Content-Type are few and repeat for ever: each text is
 * parsed once and kept in a bounded map.
 */
import { refusal } from "#apimachinery/status.ts";
import type { Call } from "./call.ts";
import { type Endpoint, internalPackage } from "./endpoint.ts";

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
  /** The client named pretty=1: indented. */
  readonly pretty: boolean;
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

const offered: readonly (readonly [type: string, mediaType: MediaType])[] = [
  ["application/json", "json"],
  ["application/yaml", "yaml"],
  ["application/vnd.kubernetes.protobuf", "protobuf"],
];

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

/** undefined: no media range. Names are taken as they are written; a quality that is no number is none. */
function clauseOf(text: string): Clause | undefined {
  const [range = "", ...rest] = text.split(";");
  const [type = "", subtype, tooMany] = range.split("/").map((part) => part.trim());
  if (tooMany !== undefined || ((subtype ?? "") === "" && type !== "*")) return undefined;
  const parameters = new Map<string, string>();
  let quality = 1;
  for (const parameter of rest) {
    const [name = "", value = "", more] = parameter.split("=");
    if (value === "" || more !== undefined) continue;
    if (name.trim() === "q") quality = Number.isNaN(Number(value)) ? 0 : Number(value);
    else parameters.set(name.trim(), value.trim());
  }
  return { type: `${type}/${subtype || "*"}`, parameters, quality };
}

const isWide = ({ type }: Clause): [boolean, boolean] => [
  type.startsWith("*/"),
  type.endsWith("/*"),
];

/** By quality; then what names its type before what does not. */
function isBefore(a: Clause, b: Clause): boolean {
  if (a.quality > b.quality) return true;
  const [[anyA, wideA], [anyB, wideB]] = [isWide(a), isWide(b)];
  return (!anyA && anyB) || (!wideA && wideB);
}

/** By insertion: upstream's order is no order (a poor named type stands before a good wide one and behind it). */
function ordered(clauses: readonly Clause[]): readonly Clause[] {
  const all: Clause[] = [];
  for (const clause of clauses) {
    let at = all.length;
    for (
      let before = all[at - 1];
      before !== undefined && isBefore(clause, before);
      before = all[at - 1]
    )
      at -= 1;
    all.splice(at, 0, clause);
  }
  return all;
}

const transforms: Readonly<Record<string, Accepted["as"]>> = {
  Table: "table",
  PartialObjectMetadata: "metadata",
  PartialObjectMetadataList: "metadata",
};

/** What a clause asks of one of our media types; undefined: nothing that we have. */
function acceptedOf(parameters: Clause["parameters"], mediaType: MediaType): Accepted | undefined {
  const stream = parameters.get("stream") ?? "";
  if (stream !== "" && (stream !== "watch" || mediaType === "yaml")) return undefined;
  const server = parameters.get("sv") ?? "";
  if (server !== "" && server !== "v1") return undefined;
  const common = { mediaType, stream: stream !== "", pretty: parameters.get("pretty") === "1" };
  if (!["as", "g", "v"].some((name) => parameters.has(name)))
    return { ...common, as: "object", asVersion: "" };
  const as = parameters.get("as") ?? "";
  const version = parameters.get("v") ?? "";
  const transform = transforms[as];
  const known = transform !== undefined && parameters.get("g") === "meta.k8s.io";
  if (!known || (version !== "v1" && version !== "v1beta1")) return undefined;
  if (transform === "table" && mediaType === "protobuf") return undefined;
  return { ...common, as: transform, asList: as.endsWith("List"), asVersion: version };
}

const plainJson: Accepted = {
  mediaType: "json",
  as: "object",
  asVersion: "",
  stream: false,
  pretty: false,
};

const covers = (range: string, type: string): boolean =>
  range === type || range === "*/*" || range === "application/*";

/** What this server can serve of it, best first. */
const alternatives = remembered((header: string): readonly Accepted[] => {
  if (header === "") return [plainJson];
  const clauses = header.split(",", 50).map((text) => clauseOf(text.trim()));
  return ordered(clauses.filter((clause) => clause !== undefined)).flatMap(({ type, parameters }) =>
    offered
      .filter(([own]) => covers(type, own))
      .map(([, mediaType]) => acceptedOf(parameters, mediaType))
      .filter((accepted) => accepted !== undefined),
  );
});

const barePart = (text: string): string => (text.split(";", 1)[0] ?? "").trim();
const bareAccepted = remembered((header: string): readonly string[] =>
  header.split(",", 50).map(barePart),
);

/** Of a path that names its media types: the first look, which knows no parameters and no `application/*`. Throws NotAcceptable. */
export function refuseUnproduced(accept: string | null, produced: readonly string[]): void {
  if ((accept ?? "") === "") return;
  const named = bareAccepted(accept ?? "");
  if (named.some((type) => type === "*/*" || produced.includes(type))) return;
  const list = produced.join(", ");
  throw refusal("NotAcceptable", `406: Not Acceptable\n\nAvailable representations: ${list}`, {});
}

const mediaTypeNames = ["json", "yaml", "protobuf"] as const;
export const produced: readonly string[] = mediaTypeNames.map((name) => contentTypes[name]);
const streams = (["json", "protobuf"] as const).map((name) => `${contentTypes[name]};stream=watch`);
const producedByLists = [...produced, ...streams];

export interface Representations {
  /** Default true. False: the answer has no metadata or table form. */
  readonly transforms?: boolean;
  /** Default true. */
  readonly tables?: boolean;
  readonly watch?: boolean;
  /** A list, which may be watched too. */
  readonly list?: boolean;
  /** A custom resource: only its metadata has a protobuf form. */
  readonly custom?: boolean | undefined;
  /** Any of a type's names does: the path does not name its types. */
  readonly unrouted?: boolean;
}

/** Throws NotAcceptable. */
export function negotiate(accept: string | null, options: Representations = {}): Accepted {
  const { transforms: transforming, watch, list, custom, unrouted } = options;
  if (unrouted !== true && custom !== true)
    refuseUnproduced(accept, watch === true || list === true ? producedByLists : produced);
  for (const accepted of alternatives(accept ?? "")) {
    if (accepted.as !== "object" && transforming === false) continue;
    if (accepted.as === "table" && options.tables === false) continue;
    const untyped = custom === true && accepted.as === "object";
    if (untyped && accepted.mediaType === "protobuf") continue;
    if (watch === true && accepted.mediaType === "yaml") throw onlyAccepted(streams);
    return accepted;
  }
  throw onlyAccepted(produced);
}

const onlyAccepted = (types: readonly string[]) =>
  refusal("NotAcceptable", `only the following media types are accepted: ${types.join(", ")}`);

/** Upstream notices only with the answer in hand that it asks for the metadata of one object where there are many, or the reverse. */
export function refuseOtherForm(
  { as, asList }: Accepted,
  { ref }: Endpoint,
  isList: boolean,
): void {
  if (as !== "metadata" || asList === isList) return;
  const wanted = asList === true ? "PartialObjectMetadataList" : "PartialObjectMetadata";
  const what = `the requested object is ${isList ? "a" : "not a"} list`;
  const type = `*${internalPackage(ref.group)}.${ref.kind}${isList ? "List" : ""}`;
  throw refusal("NotAcceptable", `you requested ${wanted}, but ${what} (${type})`);
}

/** Subresources that upstream gave no table, beside those that answer no object. */
const tableless: ReadonlySet<string> = new Set([
  "certificatesigningrequests/approval",
  "devicetaintrules/status",
  "namespaces/finalize",
  "pods/ephemeralcontainers",
  "pods/resize",
  "resourceclaims/status",
]);

/** What the client of this call takes of what its endpoint has. Throws NotAcceptable. */
export function negotiated(call: Pick<Call, "request" | "endpoint" | "info">): Accepted {
  const { custom, ref } = call.endpoint;
  const list = call.info.verb === "list";
  // What is only asked, and never stored, has no table.
  const tables = ref.verbs.length > 1 && !tableless.has(`${ref.plural}/${call.info.subresource}`);
  return negotiate(call.request.headers.get("accept"), { custom, list, tables });
}

const bareTypeOf = remembered((header: string): string => barePart(header).toLowerCase());

/** The type without parameters, lower case. */
export function bareContentType(header: string | null): string {
  return bareTypeOf(header ?? "");
}

/** How a body is to be read; upstream reads a body without a type as JSON. Throws UnsupportedMediaType. */
export function bodyMediaType(header: string | null, custom: boolean): MediaType {
  const whole = header ?? "";
  if (whole === "") return "json";
  const type = isWellFormed(whole) ? bareContentType(whole) : "";
  const mediaType = offered.find(([own]) => own === type)?.[1];
  if (mediaType !== undefined && !(custom && mediaType === "protobuf")) return mediaType;
  throw refusal(
    "UnsupportedMediaType",
    `the body of the request was in an unknown format - accepted media types include: ${produced.join(", ")}`,
  );
}

/** Every parameter has a name and a value; one semicolon more may stand at the end. */
const isWellFormed = (header: string): boolean =>
  header
    .split(";")
    .slice(1)
    .every(
      (parameter, at, all) =>
        parameter.includes("=") || (at === all.length - 1 && parameter.trim() === ""),
    );
