/** Validation of a Service; its addresses stand in service-addresses.ts. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { ipFamily, validateCIDR, validateIP } from "#apimachinery/ip.ts";
import { isDNS1123Subdomain, isPortNumber, isQualifiedName } from "#apimachinery/validate.ts";
import { validateLabels } from "#apimachinery/validate-object-meta.ts";
import type { Service, ServicePort, ServiceSpec } from "#gen/api/core/v1.ts";
import { portNumberOrName } from "./pod-spec/validate-probes.ts";
import {
  addressUpdates,
  isHeadless,
  validateClusterAddresses,
  validateEndpointIP,
} from "./service-addresses.ts";

const specPath = new Path("spec");
const annotationsPath = new Path("metadata.annotations");
const topologyMode = "service.kubernetes.io/topology-mode";
const topologyHints = "service.kubernetes.io/topology-aware-hints";
const sourceRanges = "service.beta.kubernetes.io/load-balancer-source-ranges";
/** A day. */
const distributions = ["PreferClose", "PreferSameZone", "PreferSameNode"];
const affinitySecondsMax = 86_400;

export function validateService(service: Service): FieldError[] {
  const checks = new FieldChecks();
  const { spec, metadata } = service;
  const annotations = metadata.annotations ?? {};
  const [mode, hints] = [annotations[topologyMode], annotations[topologyHints]];
  if (mode !== undefined && hints !== undefined && mode !== hints)
    checks.invalid(
      annotationsPath.key(topologyMode),
      mode,
      `must match annotations[${topologyHints}] when both are specified`,
    );
  validateByType(checks, spec);
  validatePorts(checks, spec.ports ?? []);
  checks.add(validateLabels(spec.selector ?? {}, specPath.child("selector")));
  validateAffinity(checks, spec);
  checks.add(validateClusterAddresses(spec));
  for (const [index, address] of (spec.externalIPs ?? []).entries())
    checks.add(validateEndpointIP(specPath.child("externalIPs").index(index), address));
  const types = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
  checks.presentOneOf(specPath.child("type"), spec.type, types);
  distinctPorts(checks, spec);
  validateSourceRanges(checks, spec, annotations[sourceRanges]);
  validateBalancer(checks, spec);
  validateTraffic(checks, spec);
  return checks.errors;
}

export function validateServiceUpdate(service: Service, old: Service): FieldError[] {
  const checks = new FieldChecks();
  const { spec } = service;
  addressUpdates(checks, spec, old.spec);
  const balancers = spec.type === "LoadBalancer" && old.spec.type === "LoadBalancer";
  if (balancers && spec.loadBalancerClass !== old.spec.loadBalancerClass)
    checks.invalid(
      specPath.child("loadBalancerClass"),
      spec.loadBalancerClass,
      "may not change once set",
    );
  if (
    needsHealthCheck(spec) &&
    needsHealthCheck(old.spec) &&
    spec.healthCheckNodePort !== old.spec.healthCheckNodePort
  )
    checks.forbidden(specPath.child("healthCheckNodePort"), "field is immutable");
  checks.add(validateService(service));
  return checks.errors;
}

function validateByType(checks: FieldChecks, spec: ServiceSpec): void {
  const { type } = spec;
  const headless = isHeadless(spec);
  if ((spec.ports ?? []).length === 0 && !headless && type !== "ExternalName")
    checks.required(specPath.child("ports"));
  if (headless && (type === "LoadBalancer" || type === "NodePort"))
    checks.invalid(
      specPath.child("clusterIPs").index(0),
      "None",
      `may not be set to 'None' for ${type} services`,
    );
  if (type !== "ExternalName") return;
  const sentence = "may not be set for ExternalName services";
  if ((spec.clusterIPs ?? []).length > 0) checks.forbidden(specPath.child("clusterIPs"), sentence);
  if ((spec.ipFamilies ?? []).length > 0) checks.forbidden(specPath.child("ipFamilies"), sentence);
  if (spec.ipFamilyPolicy !== undefined)
    checks.forbidden(specPath.child("ipFamilyPolicy"), sentence);
  const name = (spec.externalName ?? "").replace(/\.$/, "");
  if (checks.present(specPath.child("externalName"), name))
    checks.each(specPath.child("externalName"), name, isDNS1123Subdomain(name));
}

const portsPath = specPath.child("ports");

function validatePorts(checks: FieldChecks, ports: readonly ServicePort[]): void {
  const names = new Set<string>();
  for (const [index, port] of ports.entries())
    validatePort(checks, port, { path: portsPath.index(index), names, named: ports.length > 1 });
}

function distinctPorts(checks: FieldChecks, { type, ports = [] }: ServiceSpec): void {
  const nodePortOf = (index: number): Path => portsPath.index(index).child("nodePort");
  const all = [...ports.entries()];
  const given = all.filter(([, { nodePort = 0 }]) => nodePort !== 0);
  if (type === "ClusterIP")
    for (const [index] of given)
      checks.forbidden(nodePortOf(index), "may not be used when `type` is 'ClusterIP'");
  const nodePorts = new Set<string>();
  for (const [index, { protocol, nodePort }] of given) {
    const key = `${protocol}/${nodePort}`;
    if (nodePorts.has(key)) checks.duplicate(nodePortOf(index), nodePort);
    nodePorts.add(key);
  }
  const seen = new Set<string>();
  for (const [index, { protocol, port }] of all) {
    const key = `${protocol}/${port}`;
    if (seen.has(key)) checks.duplicate(portsPath.index(index), { protocol, port });
    seen.add(key);
  }
}

interface PortPlace {
  readonly path: Path;
  readonly names: Set<string>;
  /** Of several each needs a name. */
  readonly named: boolean;
}

function validatePort(
  checks: FieldChecks,
  port: ServicePort,
  { path, names, named }: PortPlace,
): void {
  const { name = "", port: number, protocol, targetPort, appProtocol } = port;
  if (name !== "") {
    checks.label(path.child("name"), name);
    if (names.has(name)) checks.duplicate(path.child("name"), name);
    names.add(name);
  } else if (named) checks.required(path.child("name"));
  checks.each(path.child("port"), number, isPortNumber(number));
  checks.presentOneOf(path.child("protocol"), protocol, ["SCTP", "TCP", "UDP"]);
  portNumberOrName(checks, path.child("targetPort"), targetPort);
  if (appProtocol !== undefined)
    checks.each(path.child("appProtocol"), appProtocol, isQualifiedName(appProtocol));
}

function validateAffinity(
  checks: FieldChecks,
  { sessionAffinity, sessionAffinityConfig }: ServiceSpec,
): void {
  checks.presentOneOf(specPath.child("sessionAffinity"), sessionAffinity, ["ClientIP", "None"]);
  const path = specPath.child("sessionAffinityConfig");
  if (sessionAffinity === "None" && sessionAffinityConfig !== undefined)
    checks.forbidden(path, "must not be set when session affinity is None");
  if (sessionAffinity !== "ClientIP") return;
  const seconds = sessionAffinityConfig?.clientIP?.timeoutSeconds;
  const detail = "when session affinity type is ClientIP";
  if (sessionAffinityConfig === undefined) checks.required(path, detail);
  else if (sessionAffinityConfig.clientIP === undefined)
    checks.required(path.child("clientIP"), detail);
  else if (seconds === undefined) checks.required(path.child("clientIP", "timeoutSeconds"), detail);
  else if (seconds <= 0 || seconds > affinitySecondsMax)
    checks.invalid(
      path.child("clientIP", "timeoutSeconds"),
      seconds,
      `must be greater than 0 and less than ${affinitySecondsMax}`,
    );
}

function validateSourceRanges(
  checks: FieldChecks,
  spec: ServiceSpec,
  annotation: string | undefined,
): void {
  const ranges = spec.loadBalancerSourceRanges ?? [];
  const balancer = spec.type === "LoadBalancer";
  const sentence = "may only be used when `type` is 'LoadBalancer'";
  if (ranges.length > 0) {
    const path = specPath.child("LoadBalancerSourceRanges");
    if (!balancer) checks.forbidden(path, sentence);
    for (const [index, range] of ranges.entries())
      checks.add(validateCIDR(path.index(index), range.trim()));
  } else if (annotation !== undefined) {
    const path = annotationsPath.key(sourceRanges);
    if (!balancer) checks.forbidden(path, sentence);
    if (annotation.trim() === "") return;
    for (const range of annotation.split(",")) checks.add(validateCIDR(path, range.trim()));
  }
}

function validateBalancer(checks: FieldChecks, spec: ServiceSpec): void {
  const { allocateLoadBalancerNodePorts, loadBalancerClass } = spec;
  const balancer = spec.type === "LoadBalancer";
  const sentence = "may only be used when `type` is 'LoadBalancer'";
  if (!balancer && allocateLoadBalancerNodePorts !== undefined)
    checks.forbidden(specPath.child("allocateLoadBalancerNodePorts"), sentence);
  if (loadBalancerClass === undefined) return;
  const path = specPath.child("loadBalancerClass");
  if (!balancer) checks.forbidden(path, sentence);
  else checks.each(path, loadBalancerClass, isQualifiedName(loadBalancerClass));
}

const isExternal = ({ type, externalIPs }: ServiceSpec): boolean =>
  type === "LoadBalancer" ||
  type === "NodePort" ||
  (type === "ClusterIP" && (externalIPs ?? []).length > 0);

const needsHealthCheck = ({ type, externalTrafficPolicy }: ServiceSpec): boolean =>
  type === "LoadBalancer" && externalTrafficPolicy === "Local";

function validateTraffic(checks: FieldChecks, spec: ServiceSpec): void {
  const {
    externalTrafficPolicy,
    internalTrafficPolicy,
    healthCheckNodePort = 0,
    trafficDistribution,
  } = spec;
  const policyPath = specPath.child("externalTrafficPolicy");
  if (isExternal(spec))
    checks.presentOneOf(policyPath, externalTrafficPolicy, ["Cluster", "Local"]);
  else if (externalTrafficPolicy)
    checks.invalid(
      policyPath,
      externalTrafficPolicy,
      "may only be set for externally-accessible services",
    );
  const portPath = specPath.child("healthCheckNodePort");
  if (needsHealthCheck(spec)) {
    if (healthCheckNodePort === 0) checks.required(portPath);
    else checks.each(portPath, healthCheckNodePort, isPortNumber(healthCheckNodePort));
  } else if (healthCheckNodePort !== 0)
    checks.invalid(
      portPath,
      healthCheckNodePort,
      "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    );
  const internalPath = specPath.child("internalTrafficPolicy");
  if (internalTrafficPolicy !== undefined)
    checks.oneOf(internalPath, internalTrafficPolicy, ["Cluster", "Local"]);
  else if (["ClusterIP", "LoadBalancer", "NodePort"].includes(spec.type ?? ""))
    checks.required(internalPath);
  if (trafficDistribution !== undefined)
    checks.oneOf(
      specPath.child("trafficDistribution"),
      trafficDistribution,
      distributions,
      "as given",
    );
}

/** What a cloud reports of its load balancer. */
export function validateServiceStatus({ spec, status }: Service, old: Service): FieldError[] {
  const checks = new FieldChecks();
  const path = new Path("status.loadBalancer.ingress");
  const ingress = status?.loadBalancer?.ingress ?? [];
  if (spec.type !== "LoadBalancer") {
    if (ingress.length > 0)
      checks.forbidden(path, "may only be used when `spec.type` is 'LoadBalancer'");
    return checks.errors;
  }
  for (const [index, { ip = "", ipMode, hostname = "" }] of ingress.entries()) {
    const here = path.index(index);
    const isKnown = (old.status?.loadBalancer?.ingress ?? []).some((one) => one.ip === ip);
    if (ip !== "" && !isKnown) checks.add(validateIP(here.child("ip"), ip));
    if (ip === "" && ipMode !== undefined)
      checks.forbidden(here.child("ipMode"), "may not be specified when `ip` is not set");
    else if (ipMode !== undefined) checks.oneOf(here.child("ipMode"), ipMode, ["Proxy", "VIP"]);
    else if (ip !== "") checks.required(here.child("ipMode"), "must be specified when `ip` is set");
    if (hostname === "") continue;
    checks.each(here.child("hostname"), hostname, isDNS1123Subdomain(hostname));
    if (ipFamily(hostname) !== undefined)
      checks.invalid(here.child("hostname"), hostname, "must be a DNS name, not an IP address");
  }
  return checks.errors;
}
