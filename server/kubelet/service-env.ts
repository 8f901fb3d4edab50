/** The variables that name services: `WEB_SERVICE_HOST`, and Docker's link variables. Pure. */
import type { Service } from "#gen/api/core/v1.ts";

const variableName = (name: string): string => name.toUpperCase().replaceAll("-", "_");

function addService(service: Service, values: Map<string, string>): void {
  const ip = service.spec.clusterIP;
  const ports = service.spec.ports ?? [];
  const [first] = ports;
  if (ip === undefined || ip === "" || ip === "None" || first === undefined) return;
  const name = variableName(service.metadata.name);
  const host = ip.includes(":") ? `[${ip}]` : ip;
  values.set(`${name}_SERVICE_HOST`, ip);
  values.set(`${name}_SERVICE_PORT`, String(first.port));
  for (const port of ports) {
    if (port.name !== undefined && port.name !== "") {
      values.set(`${name}_SERVICE_PORT_${variableName(port.name)}`, String(port.port));
    }
  }
  const url = ({ protocol = "TCP", port }: { protocol?: string | undefined; port: number }) =>
    `${protocol.toLowerCase()}://${host}:${port}`;
  values.set(`${name}_PORT`, url(first));
  for (const port of ports) {
    const protocol = port.protocol ?? "TCP";
    const prefix = `${name}_PORT_${port.port}_${protocol}`;
    values.set(prefix, url(port));
    values.set(`${prefix}_PROTO`, protocol.toLowerCase());
    values.set(`${prefix}_PORT`, String(port.port));
    values.set(`${prefix}_ADDR`, ip);
  }
}

/** The API's own service is told to every pod; the namespace's services unless the pod declines. */
export function serviceEnv(
  services: readonly Service[],
  namespace: string,
  links: boolean,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const service of services) {
    const { name, namespace: home } = service.metadata;
    const isApi = home === "default" && name === "kubernetes";
    if (isApi || (links && home === namespace)) addService(service, values);
  }
  return values;
}
