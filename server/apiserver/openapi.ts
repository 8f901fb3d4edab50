/** OpenAPI v2 and v3, served from the generated documents: read, described and encoded when first asked for. */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { encodeOpenApiV2 } from "#apimachinery/codec/openapi-v2-protobuf.ts";
import { encodeOpenApiV3 } from "#apimachinery/codec/openapi-v3-protobuf.ts";
import type { CustomResourceDefinition } from "#gen/api/apiextensions/v1.ts";
import { openApiPaths } from "#gen/openapi/paths.ts";
import type { CustomResources } from "./apiextensions/custom-resources.ts";
import { customPaths, documentV2, documentV3 } from "./apiextensions/openapi-documents.ts";
import type { Routes } from "./app.ts";
import { Descriptions } from "./openapi-descriptions.ts";

type Encode = (document: object) => Uint8Array;

const encoders: Readonly<Record<"v2" | "v3", Encode>> = {
  v2: encodeOpenApiV2,
  v3: encodeOpenApiV3,
};

const documents = join(import.meta.dirname, "../gen/openapi");

interface Document {
  readonly hash: string;
  json(): Promise<Uint8Array<ArrayBuffer>>;
}

function hashOf(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha512");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").toUpperCase();
}

/** Its value, made once, at the first call. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytesOfObject = (object: object) => new Uint8Array(Buffer.from(JSON.stringify(object)));

/** One read a file, however many ask at once. The index needs hashes alone: they tell of the text before it is made. */
class Documents {
  readonly #known = new Map<string, Promise<Document>>();
  readonly #descriptions = new Descriptions();

  get(file: string): Promise<Document> {
    const known = this.#known.get(file);
    if (known !== undefined) return known;
    const loading = this.#load(file);
    this.#known.set(file, loading);
    return loading;
  }

  async #load(file: string): Promise<Document> {
    const path = join(documents, file);
    const hash = hashOf(await readFile(path), this.#descriptions.version);
    return { hash, json: once(() => this.#described(path)) };
  }

  async #described(path: string): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(await readFile(path));
    if (this.#descriptions.version === "") return bytes;
    // Ours, of a known shape: v2 keeps schemas at `definitions`, v3 at `components.schemas`.
    const document = JSON.parse(textOf(bytes)) as {
      definitions?: Record<string, unknown>;
      components?: { schemas?: Record<string, unknown> };
    };
    await this.#descriptions.addTo(document.definitions ?? document.components?.schemas ?? {});
    return bytesOfObject(document);
  }
}

const fileOf = (path: string): string => `v3/${path.replaceAll("/", "__")}.json`;

type Form = "json" | "protobuf";

/** `version`: v2 or v3. undefined: none that the client takes. */
function formOf(accept: string | null, version: "v2" | "v3"): Form | undefined {
  const protobuf = `application/com.github.proto-openapi.spec.${version}@v1.0+protobuf`;
  for (const clause of (accept || "*/*").split(",")) {
    const type = (clause.split(";")[0] ?? "").trim();
    const named = type === protobuf || type === protobuf.replace("@", ".");
    if (named) return "protobuf";
    if (type === "application/json" || type === "*/*" || type === "application/*") return "json";
  }
  return undefined;
}

/** When the documents of this process were made: HTTP counts seconds. */
const madeAt = new Date(Math.floor(Date.now() / 1000) * 1000);
const varies = { v2: "Accept-Encoding, Accept", v3: "Accept" } as const;

/** What a static file's answer carries. */
const fileHeaders = (etag: string): Record<string, string> => ({
  "accept-ranges": "bytes",
  etag: `"${etag}"`,
  "last-modified": madeAt.toUTCString(),
});

/** Whether the client knows it already: by its tag where it names any, else by its time. */
function isKnown({ headers }: Request, etag: string): boolean {
  const tags = headers.get("if-none-match");
  if (tags !== null) return tags.includes(`"${etag}"`) || tags.trim() === "*";
  const since = Date.parse(headers.get("if-modified-since") ?? "");
  return since >= madeAt.getTime();
}

interface Served {
  readonly document: Document;
  readonly form: Form;
  readonly version: "v2" | "v3";
  /** The client named the hash: what it gets will never be another. */
  readonly immutable: boolean;
}

type Encoding = "identity" | "gzip";
const encodedBytes = new WeakMap<Document, Map<string, Promise<Uint8Array<ArrayBuffer>>>>();

async function bytesOf(
  { document, form, version }: Served,
  encoding: Encoding,
): Promise<Uint8Array<ArrayBuffer>> {
  const json = await document.json();
  const plain =
    form === "json" ? json : new Uint8Array(encoders[version](JSON.parse(textOf(json))));
  return encoding === "gzip" ? new Uint8Array(gzipSync(plain, { level: 1 })) : plain;
}

/** Made once a form, however many ask at once. */
function knownBytes(served: Served, encoding: Encoding): Promise<Uint8Array<ArrayBuffer>> {
  const known = encodedBytes.get(served.document) ?? new Map();
  encodedBytes.set(served.document, known);
  const form = `${served.form} ${encoding}`;
  const bytes = known.get(form) ?? bytesOf(served, encoding);
  known.set(form, bytes);
  return bytes;
}

/** What is given to the connection at once. */
const pieceBytesMax = 256 * 1024;

/** Views of the bytes, one when the client took the one before: a Response of the whole would copy it for each client. */
function inPieces(bytes: Uint8Array<ArrayBuffer>): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      pull(controller) {
        if (at >= bytes.length) return controller.close();
        controller.enqueue(bytes.subarray(at, at + pieceBytesMax));
        at += pieceBytesMax;
      },
    },
    { highWaterMark: 0 },
  );
}

async function answer(request: Request, served: Served): Promise<Response> {
  const { document, form, version, immutable } = served;
  const type = `application/com.github.proto-openapi.spec.${version}.v1.0+protobuf`;
  const headers = new Headers({
    "cache-control": immutable ? "public, immutable" : "no-cache, private",
    etag: `"${document.hash}"`,
    vary: varies[version],
  });
  if (isKnown(request, document.hash)) return new Response(null, { status: 304, headers });
  for (const [name, value] of Object.entries(fileHeaders(document.hash))) headers.set(name, value);
  headers.set("content-type", form === "json" ? "application/json" : type);
  const zipped = /\bgzip\b/.test(request.headers.get("accept-encoding") ?? "");
  if (zipped) headers.set("content-encoding", "gzip");
  return new Response(inPieces(await knownBytes(served, zipped ? "gzip" : "identity")), {
    headers,
  });
}

type Make = () => Promise<object>;

function documentOf(object: object): Document {
  const json = bytesOfObject(object);
  return { hash: hashOf(json), json: async () => json };
}

const parsed = async (document: Document): Promise<unknown> =>
  JSON.parse(textOf(await document.json()));

/** A document with the schemas of everything that custom resources refer to: Scale and metadata. */
const schemasFrom = "v3/apis__autoscaling__v1.json";

/** The documents of custom resources, made when first asked for, and anew when those come or go. */
class CustomDocuments {
  readonly #custom: Pick<CustomResources, "all">;
  readonly #builtIn: Documents;
  #madeFrom: readonly CustomResourceDefinition[] = [];
  #made = new Map<string, Promise<Document>>();

  constructor(custom: Pick<CustomResources, "all">, builtIn: Documents) {
    this.#custom = custom;
    this.#builtIn = builtIn;
  }

  #definitions(): readonly CustomResourceDefinition[] {
    const { definitions } = this.#custom.all();
    if (definitions !== this.#madeFrom) {
      this.#madeFrom = definitions;
      this.#made = new Map();
    }
    return definitions;
  }

  #document(name: string, make: Make): Promise<Document> {
    const known = this.#made.get(name) ?? make().then(documentOf);
    this.#made.set(name, known);
    return known;
  }

  v2(): Promise<Document> {
    const definitions = this.#definitions();
    if (definitions.length === 0) return this.#builtIn.get("v2.json");
    return this.#document("v2", async () => {
      const builtIn = await parsed(await this.#builtIn.get("v2.json"));
      // Ours, of a known shape.
      return documentV2(builtIn as Parameters<typeof documentV2>[0], definitions);
    });
  }

  /** By path. */
  v3(): ReadonlyMap<string, () => Promise<Document>> {
    const known = async () => {
      const from = await parsed(await this.#builtIn.get(schemasFrom));
      // Ours, of a known shape.
      return (from as { components: { schemas: Record<string, unknown> } }).components.schemas;
    };
    const makers = [...customPaths(this.#definitions())].map(
      ([path, make]) =>
        [path, () => this.#document(path, async () => documentV3(make(), await known()))] as const,
    );
    return new Map(makers);
  }
}

export function addOpenApiRoutes(routes: Routes, custom: Pick<CustomResources, "all">): void {
  const builtIn = new Documents();
  const customs = new CustomDocuments(custom, builtIn);
  /** Every path with its document; a built-in one is not shadowed. */
  const all = (): ReadonlyMap<string, () => Promise<Document>> => {
    const own = openApiPaths.map((path) => [path, () => builtIn.get(fileOf(path))] as const);
    return new Map([...customs.v3(), ...own]);
  };
  routes.all("/openapi/v2", async (c) => {
    const form = formOf(c.req.raw.headers.get("accept"), "v2");
    if (form === undefined) return notAcceptable("v2");
    const document = await customs.v2();
    return answer(c.req.raw, { document, form, version: "v2", immutable: false });
  });
  routes.all("/openapi/v3", async () => {
    const paths: Record<string, { serverRelativeURL: string }> = {};
    for (const [path, get] of all()) {
      const { hash } = await get();
      paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` };
    }
    const body = JSON.stringify({ paths });
    // Upstream's index has a time, and no tag.
    const { etag: _, ...headers } = fileHeaders(hashOf(body));
    headers["content-type"] = "text/plain; charset=utf-8";
    return new Response(body, { headers });
  });
  routes.all("/openapi/v3/*", async (c) => {
    const { pathname, searchParams } = new URL(c.req.url);
    const path = pathname.slice("/openapi/v3/".length);
    const get = all().get(path);
    if (get === undefined) return new Response(null, { status: 404 });
    const form = formOf(c.req.raw.headers.get("accept"), "v3");
    if (form === undefined) return notAcceptable("v3");
    const document = await get();
    const hash = searchParams.get("hash");
    if (hash !== null && hash !== "" && hash !== document.hash) {
      const location = `/openapi/v3/${path}?hash=${document.hash}`;
      const headers = {
        location,
        "content-type": "application/json",
        etag: `"${document.hash}"`,
        vary: varies.v3,
      };
      return new Response(null, { status: 301, headers });
    }
    const immutable = hash === document.hash;
    return answer(c.req.raw, { document, form, version: "v3", immutable });
  });
}

const notAcceptable = (version: "v2" | "v3"): Response =>
  new Response(null, { status: 406, headers: { vary: varies[version] } });
