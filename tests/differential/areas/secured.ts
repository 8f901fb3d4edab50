/** Pods that meet or break the controls of the Pod Security Standards, some at once. */
import type { Choices } from "../random.ts";
import type { Json } from "../words.ts";

type Fields = { [key: string]: Json };

const podContext: readonly Fields[] = [
  { runAsNonRoot: true },
  { runAsNonRoot: false },
  { runAsUser: 0 },
  { runAsUser: 1000 },
  { seccompProfile: { type: "RuntimeDefault" } },
  { seccompProfile: { type: "Unconfined" } },
  { seccompProfile: { type: "Localhost", localhostProfile: "x.json" } },
  { appArmorProfile: { type: "Unconfined" } },
  { appArmorProfile: { type: "RuntimeDefault" } },
  { seLinuxOptions: { type: "container_t" } },
  { seLinuxOptions: { type: "bad_t" } },
  { seLinuxOptions: { user: "u", role: "r" } },
  { seLinuxOptions: { level: "s0" } },
  { sysctls: [{ name: "kernel.shm_rmid_forced", value: "1" }] },
  { sysctls: [{ name: "net.ipv4.tcp_keepalive_time", value: "1" }] },
  { sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }] },
  { sysctls: [{ name: "kernel.msgmax", value: "1" }] },
  { windowsOptions: { hostProcess: true } },
  { windowsOptions: { hostProcess: false } },
];

const containerContext: readonly Fields[] = [
  { privileged: true },
  { privileged: false },
  { allowPrivilegeEscalation: false },
  { allowPrivilegeEscalation: true },
  { capabilities: { drop: ["ALL"] } },
  { capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } },
  { capabilities: { drop: ["NET_RAW"], add: ["CHOWN", "SYS_ADMIN"] } },
  { capabilities: { add: ["NET_ADMIN"] } },
  { runAsNonRoot: true },
  { runAsNonRoot: false },
  { runAsUser: 0 },
  { runAsUser: 7 },
  { seccompProfile: { type: "RuntimeDefault" } },
  { seccompProfile: { type: "Unconfined" } },
  { appArmorProfile: { type: "Unconfined" } },
  { seLinuxOptions: { type: "spc_t" } },
  { seLinuxOptions: { role: "r" } },
  { procMount: "Unmasked" },
  { procMount: "Default" },
  { windowsOptions: { hostProcess: true } },
];

const volumes: readonly Fields[] = [
  { hostPath: { path: "/x" } },
  { emptyDir: {} },
  { configMap: { name: "c" } },
  { nfs: { server: "s", path: "/" } },
  { secret: { secretName: "s" } },
  { iscsi: { targetPortal: "1.2.3.4", iqn: "iqn.2001-04.com.example:a", lun: 0 } },
  { persistentVolumeClaim: { claimName: "c" } },
  { projected: { sources: [] } },
  { csi: { driver: "d.example.com" } },
  { gcePersistentDisk: { pdName: "p" } },
  { image: { reference: "x" } },
];

const podFields: readonly Fields[] = [
  { hostNetwork: true },
  { hostPID: true },
  { hostIPC: true },
  { hostUsers: false },
  { os: { name: "windows" } },
  { os: { name: "linux" } },
  { hostUsers: false, hostNetwork: false },
];

const probes: readonly Fields[] = [
  { livenessProbe: { httpGet: { port: 80, host: "10.0.0.1" } } },
  { readinessProbe: { tcpSocket: { port: 80, host: "example.com" } } },
  { startupProbe: { httpGet: { port: 80, host: "127.0.0.1" } } },
  { lifecycle: { preStop: { httpGet: { port: 80, host: "h" } } } },
  { lifecycle: { postStart: { tcpSocket: { port: 80, host: "localhost" } } } },
];

const annotations: readonly Fields[] = [
  { "container.apparmor.security.beta.kubernetes.io/c": "unconfined" },
  { "container.apparmor.security.beta.kubernetes.io/c": "runtime/default" },
  { "container.apparmor.security.beta.kubernetes.io/d": "localhost/x" },
  { "seccomp.security.alpha.kubernetes.io/pod": "unconfined" },
  { a: "b" },
];

const together = (parts: readonly Fields[]): Fields => Object.assign({}, ...parts);

function container(choices: Choices, name: string): Fields {
  const restricted: Fields = {
    ...{ allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, runAsNonRoot: true },
    seccompProfile: { type: "RuntimeDefault" },
  };
  const start = choices.fraction() < 0.6 ? restricted : {};
  const securityContext = { ...start, ...together(choices.some(containerContext, 0.07)) };
  const port = choices.fraction() < 0.12 ? [{ containerPort: 80, hostPort: 80 }] : [];
  return {
    ...{ name, image: "x" },
    ...(Object.keys(securityContext).length > 0 ? { securityContext } : {}),
    ...(port.length > 0 ? { ports: port } : {}),
    ...(choices.fraction() < 0.15 ? choices.of(probes) : {}),
  };
}

export function securedPod(choices: Choices, name: string): Fields {
  const used = choices.some(volumes, 0.08);
  const securityContext = together(choices.some(podContext, 0.07));
  const spec: Fields = {
    containers:
      choices.fraction() < 0.6
        ? [container(choices, "c")]
        : ["c", "d"].map((name) => container(choices, name)),
    ...(choices.fraction() < 0.3 ? { initContainers: [container(choices, "i")] } : {}),
    ...(Object.keys(securityContext).length > 0 ? { securityContext } : {}),
    ...(used.length > 0
      ? { volumes: used.map((volume, index) => ({ name: `v${index}`, ...volume })) }
      : {}),
    ...together(choices.some(podFields, 0.06)),
    ...(choices.fraction() < 0.4 ? { restartPolicy: "Never" } : {}),
  };
  const noted = choices.fraction() < 0.15 ? { annotations: choices.of(annotations) } : {};
  return { metadata: { name, ...noted }, spec };
}
