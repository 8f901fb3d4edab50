/** The pod's names: hostname, /etc/hosts, resolv.conf. Pure. */
import type { Pod } from "#gen/api/core/v1.ts";

export interface DnsSettings {
  /** The cluster's DNS service; none: cluster-first pods get the host's. */
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  readonly host: DnsConfig;
}

export interface DnsConfig {
  readonly servers: readonly string[];
  readonly searches: readonly string[];
  readonly options: readonly string[];
}

/** Linux allows a host name of 63 bytes. */
const hostnameBytesMax = 63;

export function podHostname(pod: Pod): string {
  const { hostnameOverride, hostname } = pod.spec;
  if (hostnameOverride !== undefined) return hostnameOverride;
  const name = hostname ?? pod.metadata.name;
  return name.slice(0, hostnameBytesMax).replace(/[-.]+$/, "");
}

function podDomain(pod: Pod, clusterDomain: string): string {
  const { subdomain } = pod.spec;
  return subdomain === undefined || subdomain === ""
    ? ""
    : `${podHostname(pod)}.${subdomain}.${pod.metadata.namespace}.svc.${clusterDomain}`;
}

export function hostsFile(pod: Pod, ips: readonly string[], clusterDomain: string): string {
  const name = podHostname(pod);
  const domain = podDomain(pod, clusterDomain);
  const own = ips.map((ip) => `${ip}\t${domain === "" ? "" : `${domain}\t`}${name}\n`);
  return [
    "# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n",
    "::1\tlocalhost ip6-localhost ip6-loopback\n",
    "fe00::\tip6-localnet\nfe00::\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n",
    ...own,
    hostAliases(pod),
  ].join("");
}

export function hostAliases(pod: Pod): string {
  const aliases = pod.spec.hostAliases ?? [];
  if (aliases.length === 0) return "";
  const lines = aliases.map(({ ip, hostnames }) => `${ip}\t${(hostnames ?? []).join("\t")}\n`);
  return `\n# Entries added by HostAliases.\n${lines.join("")}`;
}

/** `nameserver`, `search` and `options` lines of a resolv.conf. */
export function parseResolvConf(text: string): DnsConfig {
  const fields = text.split("\n").map((line) => line.trim().split(/\s+/));
  const after = (word: string) =>
    fields.filter(([first]) => first === word).map(([, ...rest]) => rest);
  return {
    servers: after("nameserver").flatMap((rest) => rest.slice(0, 1)),
    searches: after("search").at(-1) ?? [],
    options: after("options").flat(),
  };
}

function baseConfig(pod: Pod, settings: DnsSettings): DnsConfig {
  const policy = pod.spec.dnsPolicy ?? "ClusterFirst";
  if (policy === "None") return { servers: [], searches: [], options: [] };
  const host = pod.spec.hostNetwork === true && policy === "ClusterFirst";
  if (policy === "Default" || host || settings.clusterDns.length === 0) return settings.host;
  const zone = settings.clusterDomain;
  const searches = [`${pod.metadata.namespace}.svc.${zone}`, `svc.${zone}`, zone];
  return {
    servers: settings.clusterDns,
    searches: [...searches, ...settings.host.searches],
    options: ["ndots:5"],
  };
}

/** The pod's dnsConfig on top of its policy's; options of one name: the pod's wins. */
export function podDns(pod: Pod, settings: DnsSettings): DnsConfig {
  const base = baseConfig(pod, settings);
  const { nameservers = [], searches = [], options = [] } = pod.spec.dnsConfig ?? {};
  const own = options.map(({ name = "", value }) =>
    value === undefined ? name : `${name}:${value}`,
  );
  const named = new Set(options.map(({ name = "" }) => name));
  const kept = base.options.filter((option) => !named.has(option.split(":")[0] ?? ""));
  return {
    servers: [...new Set([...base.servers, ...nameservers])],
    searches: [...new Set([...base.searches, ...searches])],
    options: [...kept, ...own],
  };
}
