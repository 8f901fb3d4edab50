/** OpenAPI v2 and v3, served from the generated documents: read, and encoded, when first asked for. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { encodeOpenApiV2 } from "#apimachinery/codec/openapi-v2-protobuf.ts";
import { encodeOpenApiV3 } from "#apimachinery/codec/openapi-v3-protobuf.ts";
import { refusal } from "#apimachinery/status.ts";
import { openApiPaths } from "#gen/openapi/paths.ts";
import type { Routes } from "./app.ts";

type Encode = (document: object) => Uint8Array;

const encoders: Readonly<Record<"v2" | "v3", Encode>> = {
  v2: encodeOpenApiV2,
  v3: encodeOpenApiV3,
};

const documents = join(import.meta.dirname, "../gen/openapi");

interface Document {
  readonly json: Uint8Array<ArrayBuffer>;
  readonly hash: string;
}

async function load(file: string): Promise<Document> {
  const json = new Uint8Array(await readFile(join(documents, file)));
  return { json, hash: createHash("sha512").update(json).digest("hex").toUpperCase() };
}

/** One read a file, however many ask at once. */
class Documents {
  readonly #known = new Map<string, Promise<Document>>();

  get(file: string): Promise<Document> {
    const known = this.#known.get(file);
    if (known !== undefined) return known;
    const loading = load(file);
    this.#known.set(file, loading);
    return loading;
  }
}

const fileOf = (path: string): string => `v3/${path.replaceAll("/", "__")}.json`;

type Form = "json" | "protobuf";

/** `version`: v2 or v3. Throws NotAcceptable. */
function formOf(accept: string | null, version: "v2" | "v3"): Form {
  const protobuf = `application/com.github.proto-openapi.spec.${version}@v1.0+protobuf`;
  for (const clause of (accept ?? "*/*").split(",")) {
    const type = (clause.split(";")[0] ?? "").trim();
    const named = type === protobuf || type === protobuf.replace("@", ".");
    if (named) return "protobuf";
    if (type === "" || type === "application/json" || type === "*/*" || type === "application/*") {
      return "json";
    }
  }
  throw refusal("NotAcceptable", `only application/json and ${protobuf} are served`, {});
}

interface Served {
  readonly document: Document;
  readonly form: Form;
  readonly version: "v2" | "v3";
  /** The client named the hash: what it gets will never be another. */
  readonly immutable: boolean;
}

const encodedBytes = new WeakMap<Document, Uint8Array<ArrayBuffer>>();

function bytesOf({ document, form, version }: Served): Uint8Array<ArrayBuffer> {
  const encode = encoders[version];
  if (form === "json") return document.json;
  const known = encodedBytes.get(document);
  if (known !== undefined) return known;
  const made = new Uint8Array(encode(JSON.parse(new TextDecoder().decode(document.json))));
  encodedBytes.set(document, made);
  return made;
}

function answer(request: Request, served: Served): Response {
  const { document, form, version, immutable } = served;
  const type = `application/com.github.proto-openapi.spec.${version}.v1.0+protobuf`;
  const headers = new Headers({
    "cache-control": immutable ? "public, immutable" : "no-cache, private",
    "content-type": form === "json" ? "application/json" : type,
    etag: `"${document.hash}"`,
    vary: "Accept-Encoding, Accept",
  });
  if (request.headers.get("if-none-match")?.includes(document.hash)) {
    return new Response(null, { status: 304, headers });
  }
  const bytes = bytesOf(served);
  if (!/\bgzip\b/.test(request.headers.get("accept-encoding") ?? "")) {
    return new Response(bytes, { headers });
  }
  headers.set("content-encoding", "gzip");
  return new Response(new Uint8Array(gzipSync(bytes, { level: 1 })), { headers });
}

export function addOpenApiRoutes(routes: Routes): void {
  const all = new Documents();
  routes.get("/openapi/v2", async (c) => {
    const form = formOf(c.req.raw.headers.get("accept"), "v2");
    const document = await all.get("v2.json");
    return answer(c.req.raw, { document, form, version: "v2", immutable: false });
  });
  routes.get("/openapi/v3", async () => {
    const paths: Record<string, { serverRelativeURL: string }> = {};
    for (const path of openApiPaths) {
      const { hash } = await all.get(fileOf(path));
      paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` };
    }
    return Response.json({ paths });
  });
  routes.get("/openapi/v3/*", async (c) => {
    const { pathname, searchParams } = new URL(c.req.url);
    const path = pathname.slice("/openapi/v3/".length);
    if (!openApiPaths.includes(path)) {
      throw refusal("NotFound", "the server could not find the requested resource", {});
    }
    const form = formOf(c.req.raw.headers.get("accept"), "v3");
    const document = await all.get(fileOf(path));
    const hash = searchParams.get("hash");
    if (hash !== null && hash !== "" && hash !== document.hash) {
      const location = `/openapi/v3/${path}?hash=${document.hash}`;
      return new Response(null, { status: 301, headers: { location } });
    }
    const immutable = hash === document.hash;
    return answer(c.req.raw, { document, form, version: "v3", immutable });
  });
}
