/** Defaults of a Service, and what an update that changes its type lets go of. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { Service, ServiceSpec } from "#gen/api/core/v1.ts";

/** Three hours. */
const affinitySeconds = 10_800;

const isExternal = ({ type, externalIPs }: ServiceSpec): boolean =>
  type === "LoadBalancer" ||
  type === "NodePort" ||
  (type === "ClusterIP" && (externalIPs ?? []).length > 0);

export function defaultService({ spec, status }: Service): void {
  spec.sessionAffinity ||= "None";
  if (spec.sessionAffinity === "None") delete spec.sessionAffinityConfig;
  if (
    spec.sessionAffinity === "ClientIP" &&
    spec.sessionAffinityConfig?.clientIP?.timeoutSeconds === undefined
  )
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: affinitySeconds } };
  spec.type ||= "ClusterIP";
  for (const port of spec.ports ?? []) {
    port.protocol ||= "TCP";
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === "")
      port.targetPort = port.port;
  }
  if (isExternal(spec)) spec.externalTrafficPolicy ||= "Cluster";
  if (spec.type !== "ExternalName") spec.internalTrafficPolicy ??= "Cluster";
  if (spec.type !== "LoadBalancer") return;
  spec.allocateLoadBalancerNodePorts ??= true;
  for (const ingress of status?.loadBalancer?.ingress ?? [])
    if ((ingress.ip ?? "") !== "") ingress.ipMode ??= "VIP";
}

const needsClusterIP = ({ type }: ServiceSpec): boolean => type !== "ExternalName";
/** A load balancer that goes without any more keeps those that it has. */
const needsNodePort = ({ type }: ServiceSpec): boolean =>
  type === "NodePort" || type === "LoadBalancer";
const needsHealthPort = ({ type, externalTrafficPolicy }: ServiceSpec): boolean =>
  type === "LoadBalancer" && externalTrafficPolicy === "Local";

const nodePorts = ({ ports }: ServiceSpec): Set<number> =>
  new Set((ports ?? []).map(({ nodePort = 0 }) => nodePort).filter((port) => port !== 0));

function sameNodePorts(spec: ServiceSpec, old: ServiceSpec): boolean {
  return nodePorts(spec).symmetricDifference(nodePorts(old)).size === 0;
}

/** What the client gave as it stood before. */
function dropUnchanged(
  spec: ServiceSpec,
  old: ServiceSpec,
  ...fields: (keyof ServiceSpec)[]
): void {
  for (const field of fields) if (deepEqual(spec[field], old[field])) delete spec[field];
}

const hasBalancer = ({ type }: ServiceSpec): boolean => type === "LoadBalancer";

/** A client that changes the type alone need not clear what the old type had: it goes with it. */
export function dropTypeDependentFields(service: Service, { spec: old }: Service): void {
  const { spec } = service;
  const gone = (needs: (one: ServiceSpec) => boolean): boolean => needs(old) && !needs(spec);
  if (gone(needsClusterIP)) {
    if (spec.clusterIP === old.clusterIP && deepEqual(spec.clusterIPs, old.clusterIPs))
      dropUnchanged(spec, old, "clusterIP", "clusterIPs");
    dropUnchanged(spec, old, "ipFamilies", "ipFamilyPolicy");
  }
  if (gone(needsNodePort) && sameNodePorts(spec, old))
    for (const port of spec.ports ?? []) delete port.nodePort;
  if (gone(needsHealthPort)) dropUnchanged(spec, old, "healthCheckNodePort");
  if (gone(hasBalancer)) {
    dropUnchanged(spec, old, "allocateLoadBalancerNodePorts", "loadBalancerClass");
    service.status = { ...service.status, loadBalancer: {} };
  }
  if (gone(isExternal)) dropUnchanged(spec, old, "externalTrafficPolicy");
}
