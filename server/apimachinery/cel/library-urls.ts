/** URLs in CEL: `url("https://a.example:8443/b").getHost()`, as Kubernetes' library has them. */
import type { Environment } from "@marcbachmann/cel-js";
import { CelRuntimeError } from "./runtime-error.ts";

class CelUrl {
  readonly text: string;
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;

  constructor(text: string, { scheme, host, path, query }: Omit<CelUrl, "text">) {
    this.text = text;
    this.scheme = scheme;
    this.host = host;
    this.path = path;
    this.query = query;
  }
}

const badEscape = /%(?![0-9A-Fa-f]{2})/;

/** Why the host of a URL is none. */
function hostFault(host: string): string | undefined {
  const [, address = "", port = ""] = /^(\[[^\]]*\]|[^:]*)(.*)$/s.exec(host) ?? [];
  if (host.startsWith("[") && !address.endsWith("]")) return "missing ']' in host";
  if (port !== "" && !/^:\d*$/.test(port)) return `invalid port ${JSON.stringify(port)} after host`;
  const wrong = /[\s<>"\\^`{|}]/.exec(address)?.[0];
  return wrong && `invalid character ${JSON.stringify(wrong)} in host name`;
}

/** An absolute URL or an absolute path; text: why it is neither. */
function parse(text: string): CelUrl | string {
  if (text === "") return "empty url";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those it is about.
  if (/[\u0000-\u001f\u007f]/.test(text)) return "net/url: invalid control character in URL";
  if (text.startsWith(":")) return "missing protocol scheme";
  const [, scheme = "", rest = ""] = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(.*)$/s.exec(text) ?? [];
  const [before = ""] = rest.split("#", 1);
  const question = before.indexOf("?");
  const place = question < 0 ? before : before.slice(0, question);
  const query = question < 0 ? "" : before.slice(question + 1);
  const parts = { scheme: scheme.toLowerCase(), query };
  if (!place.startsWith("/"))
    return scheme === ""
      ? "invalid URI for request"
      : new CelUrl(text, { ...parts, host: "", path: "" });
  const [, authority = "", path = ""] =
    scheme !== "" && place.startsWith("//")
      ? (/^\/\/([^/]*)(.*)$/s.exec(place) ?? [])
      : ["", "", place];
  const bad = badEscape.exec(path);
  if (bad !== null)
    return `invalid URL escape ${JSON.stringify(path.slice(bad.index, bad.index + 3))}`;
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  return hostFault(host) ?? new CelUrl(text, { ...parts, host, path });
}

/** undefined: it is one. */
export function urlFault(text: string): string | undefined {
  const found = parse(text);
  return typeof found === "string" ? `parse ${JSON.stringify(text)}: ${found}` : undefined;
}

function read(text: string): CelUrl {
  const found = parse(text);
  if (typeof found !== "string") return found;
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
    .registerFunction("isURL(string): bool", (text) => typeof parse(text) !== "string")
    .registerFunction(`${type}.getScheme(): string`, ({ scheme }: CelUrl) => scheme)
    .registerFunction(`${type}.getHost(): string`, ({ host }: CelUrl) => host)
    .registerFunction(`${type}.getHostname(): string`, hostnameOf)
    .registerFunction(`${type}.getPort(): string`, portOf)
    .registerFunction(`${type}.getEscapedPath(): string`, escapedPath)
    .registerFunction(`${type}.getQuery(): map<string, list<string>>`, queryOf)
    .registerOperator(`${type} == ${type}`, (a: CelUrl, b: CelUrl) => a.text === b.text);
}
