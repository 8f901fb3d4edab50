/** When an image is pulled, where nobody said. */

/** `host:port/path/name:tag@digest`, as image references are written. */
const reference =
  /^(?:[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?\/|\[[0-9A-Fa-f:]+\](?::\d+)?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*(?::([\w][\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$/;

/** Always for `latest`, which is also what no tag and no digest mean; else once is enough. */
export function defaultPullPolicy(image: string): "Always" | "IfNotPresent" {
  const match = reference.exec(image);
  if (match === null) return "IfNotPresent";
  const [, tag, digest] = match;
  const latest = tag === "latest" || (tag === undefined && digest === undefined);
  return latest ? "Always" : "IfNotPresent";
}
