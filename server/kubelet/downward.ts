/** Fields of the pod, and resources of its containers, as text: for env and for downwardAPI volumes. Pure. */
import { quantityMilli, quantityValue } from "#apimachinery/quantity.ts";
import type { Container, Pod, ResourceFieldSelector } from "#gen/api/core/v1.ts";

/** What the pod learns about the node that it runs on. */
export interface NodeFacts {
  readonly nodeName: string;
  readonly hostIps: readonly string[];
  /** The limit of a container that has none. */
  readonly allocatable: Readonly<Record<string, string>>;
}

/** The container cannot be made as its spec asks; the message becomes its waiting message. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

const subscript = /^(metadata\.(?:labels|annotations))\['(.*)'\]$/;

/** Go's %q, near enough for label values: they hold no control characters. */
function lines(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join("\n");
}

export function fieldText(
  pod: Pod,
  path: string,
  facts: NodeFacts,
  podIps: readonly string[],
): string {
  const { metadata, spec } = pod;
  const match = subscript.exec(path);
  if (match !== null) {
    const map = match[1] === "metadata.labels" ? metadata.labels : metadata.annotations;
    return map?.[match[2] ?? ""] ?? "";
  }
  const texts: Readonly<Record<string, () => string>> = {
    "metadata.name": () => metadata.name,
    "metadata.namespace": () => metadata.namespace ?? "",
    "metadata.uid": () => metadata.uid ?? "",
    "metadata.labels": () => lines(metadata.labels),
    "metadata.annotations": () => lines(metadata.annotations),
    "spec.nodeName": () => spec.nodeName ?? facts.nodeName,
    "spec.serviceAccountName": () => spec.serviceAccountName ?? "",
    "status.hostIP": () => facts.hostIps[0] ?? "",
    "status.hostIPs": () => facts.hostIps.join(","),
    "status.podIP": () => podIps[0] ?? "",
    "status.podIPs": () => podIps.join(","),
  };
  const text = texts[path];
  if (text === undefined) throw new ConfigError(`field label not supported: ${path}`);
  return text();
}

/** `limits.cpu` divided by the divisor, rounded up; a missing limit is the node's allocatable. */
export function resourceText(
  container: Container,
  { resource, divisor }: ResourceFieldSelector,
  facts: NodeFacts,
): string {
  const [list, name] = splitResource(resource);
  const own = list === "limits" ? container.resources?.limits : container.resources?.requests;
  const fallback = list === "limits" ? facts.allocatable[name] : undefined;
  const amount = own?.[name] ?? fallback ?? "0";
  const per = divisor === undefined || divisor === "0" ? "1" : divisor;
  const quotient =
    name === "cpu"
      ? quantityMilli(amount) / quantityMilli(per)
      : quantityValue(amount) / quantityValue(per);
  return String(Math.ceil(quotient));
}

function splitResource(resource: string): readonly ["limits" | "requests", string] {
  const at = resource.indexOf(".");
  const list = resource.slice(0, at);
  if (list !== "limits" && list !== "requests") {
    throw new ConfigError(`Unsupported container resource : ${resource}`);
  }
  return [list, resource.slice(at + 1)];
}
