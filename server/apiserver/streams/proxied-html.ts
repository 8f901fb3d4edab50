/**
 * Links in pages that are shown through a proxy: whoever wrote the page does not know under which path it is seen, so
 * those that begin at the root get the proxy's path before them. As upstream, by tag and attribute. Pure.
 */
const links: ReadonlyMap<string, readonly string[]> = new Map([
  ["a", ["href"]],
  ["area", ["href"]],
  ["audio", ["src"]],
  ["base", ["href"]],
  ["blockquote", ["cite"]],
  ["body", ["background"]],
  ["button", ["formaction"]],
  ["del", ["cite"]],
  ["embed", ["src"]],
  ["form", ["action"]],
  ["frame", ["longdesc", "src"]],
  ["html", ["manifest"]],
  ["iframe", ["longdesc", "src"]],
  ["img", ["longdesc", "src", "usemap"]],
  ["input", ["formaction", "src", "usemap"]],
  ["ins", ["cite"]],
  ["link", ["href"]],
  ["object", ["classid", "codebase", "data", "usemap"]],
  ["q", ["cite"]],
  ["script", ["src"]],
  ["source", ["src"]],
  ["track", ["src"]],
  ["video", ["poster", "src"]],
]);

const tag = /<([a-z]+)(\s[^<>]*)>/gi;
const attribute = /(\s)([a-z]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)/gi;

/** A path from the root, unless the proxy's path stands before it already. */
function underPrefix(link: string, prefix: string): string {
  const fromRoot = link.startsWith("/") && !link.startsWith("//");
  if (!fromRoot || link === prefix || link.startsWith(`${prefix}/`)) return link;
  return `${prefix}${link}`;
}

export function rewriteLinks(page: string, prefix: string): string {
  return page.replaceAll(tag, (whole, name: string, rest: string) => {
    const names = links.get(name.toLowerCase());
    if (names === undefined) return whole;
    const changed = rest.replaceAll(attribute, (all, space, key: string, equals, value: string) => {
      if (!names.includes(key.toLowerCase())) return all;
      const quote = /^["']/.exec(value)?.[0] ?? "";
      const link = quote === "" ? value : value.slice(1, -1);
      return `${space}${key}${equals}${quote}${underPrefix(link, prefix)}${quote}`;
    });
    return `<${name}${changed}>`;
  });
}
