/** Absolute URLs and absolute paths, as Go's net/url reads those of a request. */

export interface ParsedUrl {
  readonly text: string;
  /** In lower case; "" of a path. */
  readonly scheme: string;
  /** With its port, without the user. */
  readonly host: string;
  /** As it was written. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
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
export function parseUrl(text: string): ParsedUrl | string {
  if (text === "") return "empty url";
  // The whole server, of OPTIONS.
  if (text === "*") return { text, scheme: "", host: "", path: "*", query: "" };
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
    return scheme === "" ? "invalid URI for request" : { text, ...parts, host: "", path: "" };
  const [, authority = "", path = ""] =
    scheme !== "" && place.startsWith("//")
      ? (/^\/\/([^/]*)(.*)$/s.exec(place) ?? [])
      : ["", "", place];
  const bad = badEscape.exec(path);
  if (bad !== null)
    return `invalid URL escape ${JSON.stringify(path.slice(bad.index, bad.index + 3))}`;
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  return hostFault(host) ?? { text, ...parts, host, path };
}

/** undefined: it is one. */
export function urlFault(text: string): string | undefined {
  const found = parseUrl(text);
  return typeof found === "string" ? `parse ${JSON.stringify(text)}: ${found}` : undefined;
}
