/** Cells of a Service's table row. */
import type { Service } from "#gen/api/core/v1.ts";
import { age, formatLabels, ingressAddresses, orNone } from "#resources/cells.ts";
import type { Cell, CellContext } from "#resources/resource.ts";

export function serviceCells(service: Service, context: CellContext): readonly Cell[] {
  const { spec, metadata } = service;
  return [
    metadata.name,
    spec.type ?? "",
    spec.clusterIPs?.[0] ?? "<none>",
    externalCell(service),
    portsCell(service),
    age(service, context),
    formatLabels(spec.selector),
  ];
}

function externalCell({ spec, status }: Service): string {
  const external = spec.externalIPs ?? [];
  switch (spec.type) {
    case "ExternalName":
      return spec.externalName ?? "";
    case "LoadBalancer": {
      const balancer = ingressAddresses(status?.loadBalancer?.ingress);
      const all = [...(balancer === "" ? [] : [balancer]), ...external];
      return all.length === 0 ? "<pending>" : all.join(",");
    }
    case "ClusterIP":
    case "NodePort":
      return orNone(external.join(","));
    default:
      return "<unknown>";
  }
}

function portsCell({ spec }: Service): string {
  const ports = (spec.ports ?? []).map(({ port, nodePort = 0, protocol = "TCP" }) =>
    nodePort > 0 ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  );
  return orNone(ports.join(","));
}
