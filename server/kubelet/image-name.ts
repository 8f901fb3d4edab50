/** Whether an image's name is one, by the grammar that registries and runtimes share: [domain/]path[:tag][@digest]. Pure. */

const component = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const label = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
const host = `(?:${label}(?:\\.${label})*|\\[(?:[a-fA-F0-9:]+)\\])`;
const path = `(?:${host}(?::[0-9]+)?/)?${component}(?:/${component})*`;
const tag = "(?::[\\w][\\w.-]{0,127})?";
const digest = "(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?";
const reference = new RegExp(`^${path}${tag}${digest}$`);

/** Undefined: it is one. */
export function imageNameFault(name: string): string | undefined {
  if (reference.test(name)) return undefined;
  const said = "invalid reference format";
  return reference.test(name.toLowerCase()) ? `${said}: repository name must be lowercase` : said;
}
