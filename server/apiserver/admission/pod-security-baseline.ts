/** The baseline level: what gives a pod known ways out of its container. In upstream's order (by check id). */
import type { SELinuxOptions } from "#gen/api/core/v1.ts";
import {
  type AnyContainer,
  allContainers,
  containersCalled,
  eachContainer,
  type PodCheck,
  plural,
  podAndContainers,
  quoted,
} from "./pod-security-violation.ts";

const appArmorPrefix = "container.apparmor.security.beta.kubernetes.io/";
const allowedAppArmorTypes: ReadonlySet<string> = new Set(["RuntimeDefault", "Localhost"]);

const appArmorProfile: PodCheck = (spec, { annotations = {} }) => {
  const typeOf = (context: { appArmorProfile?: { type: string } | undefined } | undefined) =>
    context?.appArmorProfile?.type ?? "RuntimeDefault";
  const badTypes = new Set<string>();
  const isBad = (type: string): boolean => {
    if (allowedAppArmorTypes.has(type)) return false;
    badTypes.add(type);
    return true;
  };
  const setters = podAndContainers({
    spec,
    podFails: isBad(typeOf(spec.securityContext)),
    fails: ({ securityContext }) => isBad(typeOf(securityContext)),
  });
  const forbidden = Object.entries(annotations ?? {})
    .filter(([key]) => key.startsWith(appArmorPrefix))
    .filter(
      ([, value]) => value !== "" && value !== "runtime/default" && !value.startsWith("localhost/"),
    )
    .map(([key, value]) => `annotation ${JSON.stringify(key)}=${JSON.stringify(value)}`);
  if (setters.length + forbidden.length === 0) return undefined;
  const fields =
    setters.length === 0
      ? []
      : [
          `${setters.join(" and ")} must not set AppArmor profile type to ${quoted([...badTypes].sort())}`,
        ];
  const details = [...fields, ...forbidden.sort()];
  return {
    reason: `forbidden AppArmor ${plural("profile", details.length)}`,
    detail: details.join(", "),
  };
};

const defaultCapabilities: ReadonlySet<string> = new Set([
  "AUDIT_WRITE",
  "CHOWN",
  "DAC_OVERRIDE",
  "FOWNER",
  "FSETID",
  "KILL",
  "MKNOD",
  "NET_BIND_SERVICE",
  "SETFCAP",
  "SETGID",
  "SETPCAP",
  "SETUID",
  "SYS_CHROOT",
]);

const capabilities: PodCheck = (spec) => {
  const beyond = ({ securityContext }: AnyContainer) =>
    (securityContext?.capabilities?.add ?? []).filter((name) => !defaultCapabilities.has(name));
  const bad = allContainers(spec).filter((container) => beyond(container).length > 0);
  if (bad.length === 0) return undefined;
  const names = quoted([...new Set(bad.flatMap(beyond))].sort());
  const detail = `${containersCalled(bad)} must not include ${names} in securityContext.capabilities.add`;
  return { reason: "non-default capabilities", detail };
};

const hostNamespaces: PodCheck = ({ hostNetwork, hostPID, hostIPC }) => {
  const used = [
    ...(hostNetwork ? ["hostNetwork=true"] : []),
    ...(hostPID ? ["hostPID=true"] : []),
    ...(hostIPC ? ["hostIPC=true"] : []),
  ];
  return used.length === 0 ? undefined : { reason: "host namespaces", detail: used.join(", ") };
};

const hostPathVolumes: PodCheck = ({ volumes = [] }) => {
  const names = (volumes ?? []).filter(({ hostPath }) => hostPath).map(({ name }) => name);
  if (names.length === 0) return undefined;
  return {
    reason: "hostPath volumes",
    detail: `${plural("volume", names.length)} ${quoted(names)}`,
  };
};

const hostPorts: PodCheck = (spec) => {
  const portsOf = ({ ports }: AnyContainer) =>
    (ports ?? []).flatMap(({ hostPort = 0 }) => (hostPort === 0 ? [] : [hostPort]));
  const bad = allContainers(spec).filter((container) => portsOf(container).length > 0);
  if (bad.length === 0) return undefined;
  const ports = [...new Set(bad.flatMap(portsOf))].map(String).sort();
  const use = bad.length === 1 ? "uses" : "use";
  const detail = `${containersCalled(bad)} ${use} ${plural("hostPort", ports.length)} ${ports.join(", ")}`;
  return { reason: "hostPort", detail };
};

const hostProbes: PodCheck = (spec) => {
  const hostsOf = (container: AnyContainer): string[] =>
    [
      container.livenessProbe,
      container.readinessProbe,
      container.startupProbe,
      container.lifecycle?.postStart,
      container.lifecycle?.preStop,
    ].flatMap((action) =>
      [action?.httpGet?.host ?? "", action?.tcpSocket?.host ?? ""].filter((host) => host !== ""),
    );
  const bad = allContainers(spec).filter((container) => hostsOf(container).length > 0);
  if (bad.length === 0) return undefined;
  const hosts = [...new Set(bad.flatMap(hostsOf))].sort();
  const use = bad.length === 1 ? "uses" : "use";
  const detail = `${containersCalled(bad)} ${use} probe or lifecycle ${plural("host", hosts.length)} ${quoted(hosts)}`;
  return { reason: "probe or lifecycle host", detail };
};

const privileged = eachContainer({
  reason: "privileged",
  rule: "must not set securityContext.privileged=true",
  fails: ({ securityContext }) => securityContext?.privileged === true,
});

/** In its own user namespace a pod may see all of /proc, at the baseline level. */
const procMount: PodCheck = (spec, metadata) =>
  spec.hostUsers === false ? undefined : procMountRestricted(spec, metadata);

export const procMountRestricted: PodCheck = (spec) => {
  const mountOf = ({ securityContext }: AnyContainer) => securityContext?.procMount ?? "Default";
  const bad = allContainers(spec).filter((container) => mountOf(container) !== "Default");
  if (bad.length === 0) return undefined;
  const values = quoted([...new Set(bad.map(mountOf))].sort());
  const detail = `${containersCalled(bad)} must not set securityContext.procMount to ${values}`;
  return { reason: "procMount", detail };
};

const seLinuxTypes: ReadonlySet<string> = new Set([
  "",
  "container_t",
  "container_init_t",
  "container_kvm_t",
  "container_engine_t",
]);

const seLinuxOptions: PodCheck = (spec) => {
  const set: SELinuxOptions[] = [];
  const isBad = (options: SELinuxOptions | undefined): boolean => {
    if (options === undefined) return false;
    const bad = !seLinuxTypes.has(options.type ?? "") || !!options.user || !!options.role;
    if (bad) set.push(options);
    return bad;
  };
  const setters = podAndContainers({
    spec,
    podFails: isBad(spec.securityContext?.seLinuxOptions),
    fails: ({ securityContext }) => isBad(securityContext?.seLinuxOptions),
  });
  if (setters.length === 0) return undefined;
  const types = new Set(set.map(({ type = "" }) => type).filter((type) => !seLinuxTypes.has(type)));
  const data = [
    ...(types.size > 0 ? [`${plural("type", types.size)} ${quoted([...types].sort())}`] : []),
    ...(set.some(({ user }) => user) ? ["user may not be set"] : []),
    ...(set.some(({ role }) => role) ? ["role may not be set"] : []),
  ];
  const detail = `${setters.join(" and ")} set forbidden securityContext.seLinuxOptions: ${data.join("; ")}`;
  return { reason: "seLinuxOptions", detail };
};

export const seccompProfileBaseline: PodCheck = (spec) => {
  const unconfined = (type: string | undefined) => type === "Unconfined";
  const setters = podAndContainers({
    spec,
    podFails: unconfined(spec.securityContext?.seccompProfile?.type),
    fails: ({ securityContext }) => unconfined(securityContext?.seccompProfile?.type),
  });
  if (setters.length === 0) return undefined;
  const detail = `${setters.join(" and ")} must not set securityContext.seccompProfile.type to "Unconfined"`;
  return { reason: "seccompProfile", detail };
};

const safeSysctls: ReadonlySet<string> = new Set([
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
  "net.ipv4.tcp_rmem",
  "net.ipv4.tcp_wmem",
]);

const sysctls: PodCheck = ({ securityContext }) => {
  const names = (securityContext?.sysctls ?? [])
    .map(({ name }) => name)
    .filter((name) => !safeSysctls.has(name));
  if (names.length === 0) return undefined;
  return { reason: `forbidden ${plural("sysctl", names.length)}`, detail: names.join(", ") };
};

const windowsHostProcess: PodCheck = (spec) => {
  const setters = podAndContainers({
    spec,
    podFails: spec.securityContext?.windowsOptions?.hostProcess === true,
    fails: ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true,
  });
  if (setters.length === 0) return undefined;
  const detail = `${setters.join(" and ")} must not set securityContext.windowsOptions.hostProcess=true`;
  return { reason: "hostProcess", detail };
};

/** Those that the restricted level replaces by stricter ones stand apart. */
export const replacedByRestricted: readonly PodCheck[] = [
  capabilities,
  hostPathVolumes,
  procMount,
  seccompProfileBaseline,
];

export const baselineChecks: readonly PodCheck[] = [
  appArmorProfile,
  capabilities,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  hostProbes,
  privileged,
  procMount,
  seLinuxOptions,
  seccompProfileBaseline,
  sysctls,
  windowsHostProcess,
];
