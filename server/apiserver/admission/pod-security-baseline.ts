/** The baseline level: what gives a pod known ways out of its container. In upstream's order (by check id). */
import type { SELinuxOptions } from "#gen/api/core/v1.ts";
import {
  type AnyContainer,
  allContainers,
  always,
  type Control,
  containersCalled,
  eachContainer,
  type PodCheck,
  plural,
  podAndContainers,
  quoted,
  unlessInUserNamespace,
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
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort();
  const all = [
    ...setters,
    ...(forbidden.length > 0 ? [plural("annotation", forbidden.length)] : []),
  ];
  if (all.length === 0) return undefined;
  const values = [...[...badTypes].sort(), ...forbidden];
  return {
    reason: `forbidden AppArmor ${plural("profile", values.length)}`,
    detail: `${all.join(" and ")} must not set AppArmor profile type to ${quoted(values)}`,
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
  const names = [...new Set(bad.map(({ name }) => name))].sort();
  const use = names.length === 1 ? "uses" : "use";
  const detail = `${plural("container", names.length)} ${quoted(names)} ${use} probe or lifecycle ${plural("host", hosts.length)} ${quoted(hosts)}`;
  return { reason: "probe or lifecycle host", detail };
};

const privileged = eachContainer({
  reason: "privileged",
  rule: "must not set securityContext.privileged=true",
  fails: ({ securityContext }) => securityContext?.privileged === true,
});

export const procMount: PodCheck = (spec) => {
  const mountOf = ({ securityContext }: AnyContainer) => securityContext?.procMount ?? "Default";
  const bad = allContainers(spec).filter((container) => mountOf(container) !== "Default");
  if (bad.length === 0) return undefined;
  const values = quoted([...new Set(bad.map(mountOf))].sort());
  const detail = `${containersCalled(bad)} must not set securityContext.procMount to ${values}`;
  return { reason: "procMount", detail };
};

const seLinuxTypesAtFirst = ["", "container_t", "container_init_t", "container_kvm_t"];

const seLinuxOptions =
  (allowed: readonly string[]): PodCheck =>
  (spec) => {
    const set: SELinuxOptions[] = [];
    const isBad = (options: SELinuxOptions | undefined): boolean => {
      if (options === undefined) return false;
      const bad = !allowed.includes(options.type ?? "") || !!options.user || !!options.role;
      if (bad) set.push(options);
      return bad;
    };
    const setters = podAndContainers({
      spec,
      podFails: isBad(spec.securityContext?.seLinuxOptions),
      fails: ({ securityContext }) => isBad(securityContext?.seLinuxOptions),
    });
    if (setters.length === 0) return undefined;
    const types = new Set(
      set.map(({ type = "" }) => type).filter((type) => !allowed.includes(type)),
    );
    const data = [
      ...(types.size > 0 ? [`${plural("type", types.size)} ${quoted([...types].sort())}`] : []),
      ...(set.some(({ user }) => user) ? ["user may not be set"] : []),
      ...(set.some(({ role }) => role) ? ["role may not be set"] : []),
    ];
    const detail = `${setters.join(" and ")} set forbidden securityContext.seLinuxOptions: ${data.join("; ")}`;
    return { reason: "seLinuxOptions", detail };
  };

export const confines = (type: string | undefined): boolean =>
  type === "RuntimeDefault" || type === "Localhost";

/** Who sets a profile that confines nothing; `pod and container "a" must not set …`. */
export const unconfined: PodCheck = (spec) => {
  const types = new Set<string>();
  const isBad = (profile: { readonly type: string } | undefined): boolean => {
    if (profile === undefined || confines(profile.type)) return false;
    types.add(profile.type);
    return true;
  };
  const setters = podAndContainers({
    spec,
    podFails: isBad(spec.securityContext?.seccompProfile),
    fails: ({ securityContext }) => isBad(securityContext?.seccompProfile),
  });
  if (setters.length === 0) return undefined;
  const detail = `${setters.join(" and ")} must not set securityContext.seccompProfile.type to ${quoted([...types].sort())}`;
  return { reason: "seccompProfile", detail };
};

const seccompPod = "seccomp.security.alpha.kubernetes.io/pod";
const seccompPrefix = "container.seccomp.security.alpha.kubernetes.io/";

/** Before there was a field. */
const seccompAnnotations: PodCheck = (spec, { annotations = {} }) => {
  const keys = [seccompPod, ...allContainers(spec).map(({ name }) => seccompPrefix + name)];
  const isGood = (value: string): boolean =>
    value === "runtime/default" || value === "docker/default" || value.startsWith("localhost/");
  const bad = new Set<string>();
  for (const key of keys) {
    const value = annotations?.[key];
    if (value !== undefined && !isGood(value)) bad.add(`${key}=${JSON.stringify(value)}`);
  }
  if (bad.size === 0) return undefined;
  const detail = `forbidden ${plural("annotation", bad.size)} ${[...bad].sort().join(", ")}`;
  return { reason: "seccompProfile", detail };
};

/** By the version that came to know them as safe. */
const safeSysctls: readonly (readonly [since: number, names: readonly string[]])[] = [
  [
    0,
    [
      "kernel.shm_rmid_forced",
      "net.ipv4.ip_local_port_range",
      "net.ipv4.tcp_syncookies",
      "net.ipv4.ping_group_range",
      "net.ipv4.ip_unprivileged_port_start",
    ],
  ],
  [27, ["net.ipv4.ip_local_reserved_ports"]],
  [
    29,
    [
      "net.ipv4.tcp_keepalive_time",
      "net.ipv4.tcp_fin_timeout",
      "net.ipv4.tcp_keepalive_intvl",
      "net.ipv4.tcp_keepalive_probes",
    ],
  ],
  [32, ["net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"]],
  [37, ["net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat"]],
];

const sysctls: Control = {
  versions: safeSysctls.map(([since], index) => {
    const safe = new Set(safeSysctls.slice(0, index + 1).flatMap(([, names]) => names));
    return [since, sysctlsBut(safe)] as const;
  }),
};

function sysctlsBut(safe: ReadonlySet<string>): PodCheck {
  return ({ securityContext }) => {
    const names = (securityContext?.sysctls ?? [])
      .map(({ name }) => name)
      .filter((name) => !safe.has(name));
    if (names.length === 0) return undefined;
    return { reason: "forbidden sysctls", detail: names.join(", ") };
  };
}

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

export const capabilitiesControl = always(capabilities);
export const hostPathControl = always(hostPathVolumes);

export const procMountControl: Control = {
  versions: [
    [0, procMount],
    [35, unlessInUserNamespace(procMount)],
  ],
};

export const seccompControl: Control = {
  versions: [
    [0, seccompAnnotations],
    [19, unconfined],
  ],
};

export const baselineControls: readonly Control[] = [
  always(appArmorProfile),
  capabilitiesControl,
  always(hostNamespaces),
  hostPathControl,
  always(hostPorts),
  { versions: [[34, hostProbes]] },
  always(privileged),
  procMountControl,
  {
    versions: [
      [0, seLinuxOptions(seLinuxTypesAtFirst)],
      [31, seLinuxOptions([...seLinuxTypesAtFirst, "container_engine_t"])],
    ],
  },
  seccompControl,
  sysctls,
  always(windowsHostProcess),
];
