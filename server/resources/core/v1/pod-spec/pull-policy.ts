/** When an image is pulled, where nobody said. */

/** `host:port/path/name:tag@digest`, as image references are written. */
const reference =
  /^(?:[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?\/|\[[0-9A-Fa-f:]+\](?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::([\w][\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$/;

const nameBytesMax = 255;
const identifier = /^[a-f0-9]{64}$/;

/** An image's id is not its name, and a name, with the registry that it lacks, must not be too long. */
function isNoName(image: string): boolean {
  const bare = image.replace(/@.*$/, "").replace(/:[\w][\w.-]{0,127}$/, "");
  const first = bare.split("/")[0] ?? "";
  const hasDomain = bare.includes("/") && (/[.:]/.test(first) || first === "localhost");
  const path = hasDomain ? bare.slice(first.length + 1) : bare;
  const whole = hasDomain ? bare : `docker.io/${path.includes("/") ? path : `library/${path}`}`;
  return identifier.test(image) || whole.length > nameBytesMax;
}

/** Always for `latest`, which is also what no tag and no digest mean; else once is enough. */
export function defaultPullPolicy(image: string): "Always" | "IfNotPresent" {
  const match = reference.exec(image);
  if (match === null || isNoName(image)) return "IfNotPresent";
  const [, tag, digest] = match;
  const latest = tag === "latest" || (tag === undefined && digest === undefined);
  return latest ? "Always" : "IfNotPresent";
}
