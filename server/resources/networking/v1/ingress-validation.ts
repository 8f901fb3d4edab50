/** Validation of an Ingress: rules, backends, TLS. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { ipFamily, validateIP } from "#apimachinery/ip.ts";
import {
  isDNS1123Label,
  isDNS1123Subdomain,
  isPortName,
  isPortNumber,
} from "#apimachinery/validate.ts";
import { isWildcardDNS1123Subdomain } from "#apimachinery/validate-names.ts";
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressRule,
} from "#gen/api/networking/v1.ts";
import { validateLocalReference } from "./local-reference.ts";

const specPath = new Path("spec");
const classAnnotation = "kubernetes.io/ingress.class";

/** What stored objects that were once allowed may keep. */
interface Leniency {
  readonly secretNames: boolean;
  readonly wildcardRules: boolean;
}

export function validateIngress(ingress: Ingress): FieldError[] {
  const checks = validateSpec(ingress, { secretNames: false, wildcardRules: false });
  const asked = ingress.metadata.annotations?.[classAnnotation];
  const named = ingress.spec.ingressClassName;
  if (asked !== undefined && named !== undefined && asked !== named)
    checks.invalid(
      new Path("annotations").child(classAnnotation),
      asked,
      "must match `ingressClassName` when both are specified",
    );
  return checks.errors;
}

export function validateIngressUpdate(ingress: Ingress, old: Ingress): FieldError[] {
  const secretNames = (old.spec.tls ?? []).some(
    ({ secretName = "" }) => secretName !== "" && isDNS1123Subdomain(secretName).length > 0,
  );
  const wildcardRules = (old.spec.rules ?? []).some((rule) => {
    const checks = new FieldChecks();
    validatePaths(checks, rule, specPath);
    return (rule.host ?? "").includes("*") && checks.errors.length > 0;
  });
  return validateSpec(ingress, { secretNames, wildcardRules }).errors;
}

function validateSpec({ spec }: Ingress, lenient: Leniency): FieldChecks {
  const checks = new FieldChecks();
  const { rules = [], defaultBackend, ingressClassName } = spec;
  if (rules.length === 0 && defaultBackend === undefined)
    checks.invalid(specPath, rules, "either `defaultBackend` or `rules` must be specified");
  if (defaultBackend !== undefined)
    validateBackend(checks, defaultBackend, specPath.child("defaultBackend"));
  for (const [index, rule] of rules.entries()) {
    const path = specPath.child("rules").index(index);
    validateHost(checks, rule.host ?? "", path.child("host"));
    const isWildcard = (rule.host ?? "").includes("*");
    if (!isWildcard || !lenient.wildcardRules) validatePaths(checks, rule, path);
  }
  for (const [index, { hosts = [], secretName = "" }] of (spec.tls ?? []).entries()) {
    const path = specPath.child("tls").index(index);
    for (const [position, host] of hosts.entries())
      checks.each(path.child("hosts").index(position), host, hostSentences(host));
    if (secretName !== "" && !lenient.secretNames)
      checks.subdomain(path.child("secretName"), secretName);
  }
  checks.subdomain(specPath.child("ingressClassName"), ingressClassName);
  return checks;
}

const hostSentences = (host: string): string[] =>
  host.includes("*") ? isWildcardDNS1123Subdomain(host) : isDNS1123Subdomain(host);

function validateHost(checks: FieldChecks, host: string, path: Path): void {
  if (host === "") return;
  if (ipFamily(host) !== undefined)
    checks.invalid(path, host, "must be a DNS name, not an IP address");
  checks.each(path, host, hostSentences(host));
}

function validatePaths(checks: FieldChecks, { http }: IngressRule, path: Path): void {
  if (http === undefined) return;
  const pathsPath = path.child("http", "paths");
  const paths = http.paths ?? [];
  if (paths.length === 0) checks.required(pathsPath);
  for (const [index, one] of paths.entries()) validatePath(checks, one, pathsPath.index(index));
}

const forbiddenParts = ["//", "/./", "/../", "%2f", "%2F"];
const forbiddenEnds = ["/..", "/."];

function validatePath(checks: FieldChecks, one: HTTPIngressPath, path: Path): void {
  const { pathType, path: text = "" } = one;
  const textPath = path.child("path");
  if (pathType === undefined) {
    checks.required(path.child("pathType"), "pathType must be specified");
    return;
  }
  checks.oneOf(path.child("pathType"), pathType, ["Exact", "ImplementationSpecific", "Prefix"]);
  const matched = pathType === "Exact" || pathType === "Prefix";
  const free = pathType === "ImplementationSpecific" && text !== "";
  if ((matched || free) && !text.startsWith("/"))
    checks.invalid(textPath, text, "must be an absolute path");
  if (matched) {
    for (const part of forbiddenParts)
      if (text.includes(part)) checks.invalid(textPath, text, `must not contain '${part}'`);
    for (const end of forbiddenEnds)
      if (text.endsWith(end)) checks.invalid(textPath, text, `cannot end with '${end}'`);
  }
  validateBackend(checks, one.backend ?? {}, path.child("backend"));
}

function validateBackend(
  checks: FieldChecks,
  { resource, service }: IngressBackend,
  path: Path,
): void {
  if (resource !== undefined && service !== undefined)
    checks.invalid(path, "", "cannot set both resource and service backends");
  else if (resource !== undefined)
    checks.add(validateLocalReference(resource, path.child("resource")));
  else if (service === undefined)
    checks.invalid(path, "", "resource or service backend is required");
  else {
    const servicePath = path.child("service");
    if (checks.present(servicePath.child("name"), service.name))
      checks.each(servicePath.child("name"), service.name, isDNS1123Label(service.name));
    const { name = "", number = 0 } = service.port ?? {};
    if (name !== "" && number !== 0)
      checks.invalid(path, "", "cannot set both port name & port number");
    else if (name !== "") checks.each(servicePath.child("port", "name"), name, isPortName(name));
    else if (number !== 0)
      checks.each(servicePath.child("port", "number"), number, isPortNumber(number));
    else checks.required(path, "port name or number is required");
  }
}

/** Addresses that were there before are not judged again. */
export function validateIngressStatus({ status }: Ingress, old: Ingress): FieldError[] {
  const checks = new FieldChecks();
  const known = new Set((old.status?.loadBalancer?.ingress ?? []).map(({ ip }) => ip));
  for (const [index, { ip = "", hostname = "" }] of (
    status?.loadBalancer?.ingress ?? []
  ).entries()) {
    const path = new Path("status.loadBalancer.ingress").index(index);
    if (ip !== "" && !known.has(ip)) checks.add(validateIP(path.child("ip"), ip));
    if (hostname === "") continue;
    checks.subdomain(path.child("hostname"), hostname);
    if (ipFamily(hostname) !== undefined)
      checks.invalid(path.child("hostname"), hostname, "must be a DNS name, not an IP address");
  }
  return checks.errors;
}
