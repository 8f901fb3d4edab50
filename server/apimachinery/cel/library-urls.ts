/** URLs in CEL: `url("https://a.example:8443/b").getHost()`, as Kubernetes' library has them. */
import type { Environment } from "@marcbachmann/cel-js";
import { type ParsedUrl, parseUrl, urlFault } from "#apimachinery/url.ts";
import { CelRuntimeError } from "./runtime-error.ts";

class CelUrl implements ParsedUrl {
  readonly text: string;
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;

  constructor({ text, scheme, host, path, query }: ParsedUrl) {
    this.text = text;
    this.scheme = scheme;
    this.host = host;
    this.path = path;
    this.query = query;
  }
}

function read(text: string): CelUrl {
  const found = parseUrl(text);
  if (typeof found !== "string") return new CelUrl(found);
  throw new CelRuntimeError(`URL parse error during conversion from string: ${urlFault(text)}`);
}

/** What is escaped already stays so; else all is that has to be. */
function escapedPath({ path }: CelUrl): string {
  if (/^[A-Za-z0-9\-._~!$&'()*+,;=:@/%[\]]*$/.test(path)) return path;
  return encodeURIComponent(decodeURIComponent(path)).replace(
    /%(24|26|2B|2C|2F|3A|3B|3D|40)/g,
    (code) => decodeURIComponent(code),
  );
}

function unescaped(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

/** Every value of every key, in order; what cannot be read is left out. */
function queryOf({ query }: CelUrl): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const part of query.split("&")) {
    if (part === "" || part.includes(";")) continue;
    const equals = part.indexOf("=");
    const key = unescaped(equals < 0 ? part : part.slice(0, equals));
    const value = unescaped(equals < 0 ? "" : part.slice(equals + 1));
    if (key === undefined || value === undefined) continue;
    found.set(key, [...(found.get(key) ?? []), value]);
  }
  return found;
}

const portOf = ({ host }: CelUrl) => /:(\d*)$/.exec(host)?.[1] ?? "";

function hostnameOf({ host }: CelUrl): string {
  const bare = host.replace(/:\d*$/, "");
  return bare.startsWith("[") && bare.endsWith("]") ? bare.slice(1, -1) : bare;
}

const type = "kubernetes.URL";

export function addUrls(environment: Environment): void {
  environment
    .registerType(type, { ctor: CelUrl, fields: {} })
    .registerFunction(`url(string): ${type}`, read)
    .registerFunction("isURL(string): bool", (text) => typeof parseUrl(text) !== "string")
    .registerFunction(`${type}.getScheme(): string`, ({ scheme }: CelUrl) => scheme)
    .registerFunction(`${type}.getHost(): string`, ({ host }: CelUrl) => host)
    .registerFunction(`${type}.getHostname(): string`, hostnameOf)
    .registerFunction(`${type}.getPort(): string`, portOf)
    .registerFunction(`${type}.getEscapedPath(): string`, escapedPath)
    .registerFunction(`${type}.getQuery(): map<string, list<string>>`, queryOf)
    .registerOperator(`${type} == ${type}`, (a: CelUrl, b: CelUrl) => a.text === b.text);
}
