/** Warnings about ports of one Pod that are said twice. */
import type { Path } from "#apimachinery/field-error.ts";
import type { Container, ContainerPort } from "#gen/api/core/v1.ts";

export interface Placed {
  readonly container: Container;
  readonly path: Path;
}

interface PortPlace {
  readonly port: ContainerPort;
  readonly path: Path;
}

const structText = (port: ContainerPort): string => {
  const { name = "", hostPort = 0, containerPort = 0, protocol, hostIP = "" } = port;
  return `{Name:${name} HostPort:${hostPort} ContainerPort:${containerPort} Protocol:${protocol ?? ""} HostIP:${hostIP}}`;
};

function clash(a: ContainerPort, b: ContainerPort): string | undefined {
  const [hostPort = 0, otherPort = 0] = [a.hostPort, b.hostPort];
  const [ip = "", otherIp = ""] = [a.hostIP, b.hostIP];
  if (ip === otherIp && hostPort === otherPort) return "duplicate";
  if (hostPort === 0 || otherPort === 0) return "overlapping";
  const oneIsAny = (ip === "") !== (otherIp === "");
  return hostPort === otherPort && oneIsAny ? "dangerously ambiguous" : undefined;
}

export function portWarnings(containers: readonly Placed[]): string[] {
  const places: PortPlace[] = containers.flatMap(({ container, path }) =>
    (container.ports ?? []).map((port, index) => ({
      port,
      path: path.child("ports").index(index),
    })),
  );
  if (places.length === 0) return [];
  const warnings: string[] = [];
  const seen = new Map<string, PortPlace[]>();
  for (const place of places) {
    const { port, path } = place;
    if (port.hostIP && (port.hostPort ?? 0) === 0)
      warnings.push(`${path.text}: hostIP set without hostPort: ${structText(port)}`);
    const key = `${port.containerPort}/${port.protocol}`;
    const others = seen.get(key) ?? [];
    for (const other of others) {
      const how = clash(port, other.port);
      if (how !== undefined)
        warnings.push(`${path.text}: ${how} port definition with ${other.path.text}`);
    }
    seen.set(key, [...others, place]);
  }
  return [...warnings, ...portNameWarnings(places)];
}

function portNameWarnings(places: readonly PortPlace[]): string[] {
  const named = new Map<string, Path>();
  return places.flatMap(({ port: { name = "" }, path }) => {
    const first = named.get(name);
    if (name !== "" && first === undefined) named.set(name, path);
    if (first === undefined) return [];
    return [
      `${path.text}: duplicate port name ${JSON.stringify(name)} with ${first.text}, services and probes that select ports by name will use ${first.text}`,
    ];
  });
}
