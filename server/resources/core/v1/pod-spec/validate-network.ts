/** Names and addresses of a Pod: DNS, host names, the host's network. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import { type Path, tooLong } from "#apimachinery/field-error.ts";
import { validateIP } from "#apimachinery/ip.ts";
import { isDNS1123SubdomainWithUnderscore } from "#apimachinery/validate.ts";
import type { HostAlias, PodDNSConfig, PodSpec } from "#gen/api/core/v1.ts";
import { eachContainer } from "./each-container.ts";

const nameserversMax = 3;
const searchesMax = 32;
const searchCharactersMax = 2048;
const hostnameBytesMax = 64;

export function validateDNS(
  checks: FieldChecks,
  { dnsPolicy, dnsConfig }: PodSpec,
  path: Path,
): void {
  const policies = ["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"];
  checks.presentOneOf(path.child("dnsPolicy"), dnsPolicy, policies, "as given");
  const here = path.child("dnsConfig");
  const nameservers = dnsConfig?.nameservers ?? [];
  if (dnsPolicy === "None" && dnsConfig === undefined) {
    checks.required(here, "must provide `dnsConfig` when `dnsPolicy` is None");
  } else if (dnsPolicy === "None" && nameservers.length === 0) {
    const sentence = "must provide at least one DNS nameserver when `dnsPolicy` is None";
    checks.required(here.child("nameservers"), sentence);
  } else if (dnsConfig !== undefined) {
    validateDNSConfig(checks, dnsConfig, here);
  }
}

function validateDNSConfig(checks: FieldChecks, config: PodDNSConfig, path: Path): void {
  const { nameservers = [], searches = [], options = [] } = config;
  if (nameservers.length > nameserversMax) {
    const sentence = `must not have more than ${nameserversMax} nameservers`;
    checks.invalid(path.child("nameservers"), nameservers, sentence);
  }
  for (const [index, address] of nameservers.entries())
    checks.add(validateIP(path.child("nameservers").index(index), address));
  const searchesPath = path.child("searches");
  if (searches.length > searchesMax)
    checks.invalid(searchesPath, searches, `must not have more than ${searchesMax} search paths`);
  if (searches.join(" ").length > searchCharactersMax) {
    const sentence = `must not have more than ${searchCharactersMax} characters (including spaces) in the search list`;
    checks.invalid(searchesPath, searches, sentence);
  }
  for (const [index, search] of searches.entries()) {
    if (search === ".") continue;
    const name = search.replace(/\.$/, "");
    checks.each(searchesPath.index(index), name, isDNS1123SubdomainWithUnderscore(name));
  }
  for (const [index, { name }] of options.entries())
    checks.present(path.child("options").index(index), name, "must not be empty");
}

export function validateHostAliases(
  checks: FieldChecks,
  aliases: readonly HostAlias[],
  path: Path,
): void {
  for (const [index, { ip = "", hostnames }] of aliases.entries()) {
    const here = path.index(index);
    checks.add(validateIP(here.child("ip"), ip));
    for (const [position, name] of (hostnames ?? []).entries())
      checks.subdomain(here.child("hostnames").index(position), name);
  }
}

/** On the host's network a port is the host's; a template may leave it open (`isPod` false). */
export function validateHostNetwork(
  checks: FieldChecks,
  spec: PodSpec,
  { path, isPod }: { path: Path; isPod: boolean },
): void {
  if (spec.hostNetwork !== true) return;
  for (const [index, { ports }] of (spec.containers ?? []).entries())
    for (const [position, { hostPort = 0, containerPort }] of (ports ?? []).entries())
      if ((isPod || hostPort !== 0) && hostPort !== containerPort)
        checks.invalid(
          path.child("containers").index(index).child("ports").index(position).child("hostPort"),
          hostPort,
          "must match `containerPort` when `hostNetwork` is true",
        );
}

export function validateHostUsers(checks: FieldChecks, spec: PodSpec, path: Path): void {
  if (spec.hostUsers !== false) return;
  const sentence = "when `hostUsers` is false";
  if (spec.hostNetwork === true) checks.forbidden(path.child("hostNetwork"), sentence);
  if (spec.hostPID === true) checks.forbidden(path.child("HostPID"), sentence);
  if (spec.hostIPC === true) checks.forbidden(path.child("HostIPC"), sentence);
  for (const { container, path: here } of eachContainer(spec, path))
    if ((container.volumeDevices ?? []).length > 0)
      checks.forbidden(here.child("volumeDevices"), sentence);
}

export function validateHostnames(checks: FieldChecks, spec: PodSpec, path: Path): void {
  const { hostname, subdomain, hostnameOverride } = spec;
  if (hostname) checks.label(path.child("hostname"), hostname);
  if (subdomain) checks.label(path.child("subdomain"), subdomain);
  if (hostnameOverride === undefined) return;
  const here = path.child("hostnameOverride");
  if (spec.setHostnameAsFQDN === true)
    checks.forbidden(here, "may not be specified when setHostnameAsFQDN is true");
  if (spec.hostNetwork === true)
    checks.forbidden(here, "may not be specified when hostNetwork is true");
  if (hostnameOverride.length > hostnameBytesMax) checks.add([tooLong(here, hostnameBytesMax)]);
  checks.subdomain(here, hostnameOverride);
}
