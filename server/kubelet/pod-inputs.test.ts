import { expect, test } from "bun:test";
import type { ConfigMap, Container, Pod, PodSpec, Secret, Volume } from "#gen/api/core/v1.ts";
import { containerEnv, expand } from "./env.ts";
import { cpuShares, oomScore } from "./linux-resources.ts";
import { parseLogLine, renderLine, wholeLog } from "./logs/log-line.ts";
import { admitPod } from "./node-admission.ts";
import { podDns } from "./pod-hosts.ts";
import { nextRun, verdictOf } from "./probes/probe-verdict.ts";
import { qosClass } from "./qos.ts";
import { registryAuths } from "./registry-auth.ts";
import { serviceEnv } from "./service-env.ts";
import { ipRange } from "./simulated/ip-range.ts";
import { volumePayload } from "./volumes/payload.ts";

function podOf(spec: Partial<PodSpec>): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "team", uid: "u1", labels: { b: "2", a: "1" } },
    spec: { containers: [{ name: "c" }], ...spec },
    status: {},
  };
}

const configMap: ConfigMap = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "settings" },
  data: { color: "blue", "a.conf": "text" },
};
const secret: Secret = {
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "password" },
  data: { word: "c2VjcmV0" },
};
const sources = {
  configMap: (name: string) => (name === "settings" ? configMap : undefined),
  secret: (name: string) => (name === "password" ? secret : undefined),
};
const facts = { nodeName: "n1", hostIps: ["192.0.2.1"], allocatable: { cpu: "4", memory: "1Gi" } };

function envOf(over: Partial<Container>, pod = podOf({})): Record<string, string> {
  const container = { name: "c", ...over };
  const serviceEnvironment = new Map([["WEB_PORT", "1"]]);
  const input = {
    pod,
    container,
    serviceEnv: serviceEnvironment,
    sources,
    facts,
    podIps: ["10.0.0.2"],
  };
  return Object.fromEntries(containerEnv(input));
}

test("env: later wins, references expand in order, $$ is a dollar", () => {
  const env = [
    { name: "A", value: "1" },
    { name: "B", value: "$(A)-$(LATER)-$$(A)" },
    { name: "WEB_PORT", value: "mine" },
    { name: "color", valueFrom: { configMapKeyRef: { name: "settings", key: "color" } } },
    { name: "WORD", valueFrom: { secretKeyRef: { name: "password", key: "word" } } },
    { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
    { name: "L", valueFrom: { fieldRef: { fieldPath: "metadata.labels['a']" } } },
    { name: "CPU", valueFrom: { resourceFieldRef: { resource: "limits.cpu" } } },
    { name: "MEM", valueFrom: { resourceFieldRef: { resource: "limits.memory", divisor: "1Mi" } } },
  ];
  expect(envOf({ env, envFrom: [{ prefix: "S_", configMapRef: { name: "settings" } }] })).toEqual({
    S_color: "blue",
    "S_a.conf": "text",
    A: "1",
    B: "1-$(LATER)-$(A)",
    WEB_PORT: "mine",
    color: "blue",
    WORD: "secret",
    IP: "10.0.0.2",
    L: "1",
    CPU: "4",
    MEM: "1024",
  });
  expect(expand("$(A)", new Map([["A", "$(A)"]]))).toBe("$(A)");
});

test("env: what is missing refuses the container, unless it is optional", () => {
  const key = (name: string, wanted: string, optional?: boolean) => ({
    env: [{ name: "X", valueFrom: { configMapKeyRef: { name, key: wanted, optional } } }],
  });
  expect(() => envOf(key("none", "k"))).toThrow('configmap "none" not found');
  expect(() => envOf(key("settings", "k"))).toThrow(
    "couldn't find key k in ConfigMap team/settings",
  );
  expect(envOf(key("settings", "k", true))).toEqual({ WEB_PORT: "1" });
});

test("service variables: the API for everybody, the namespace's own when asked for", () => {
  const service = (namespace: string, name: string) => ({
    apiVersion: "v1" as const,
    kind: "Service" as const,
    metadata: { namespace, name },
    spec: { clusterIP: "10.96.0.9", ports: [{ name: "http", port: 80 }] },
    status: {},
  });
  const all = [service("default", "kubernetes"), service("team", "my-web"), service("other", "x")];
  expect(serviceEnv(all, "team", false).has("MY_WEB_SERVICE_HOST")).toBe(false);
  const linked = serviceEnv(all, "team", true);
  expect(linked.get("KUBERNETES_SERVICE_HOST")).toBe("10.96.0.9");
  expect(linked.get("MY_WEB_SERVICE_PORT_HTTP")).toBe("80");
  expect(linked.get("MY_WEB_PORT_80_TCP")).toBe("tcp://10.96.0.9:80");
  expect(linked.has("X_SERVICE_HOST")).toBe(false);
});

test("volumes: projections land at their paths with their modes", () => {
  const volume: Volume = {
    name: "all",
    projected: {
      defaultMode: 0o400,
      sources: [
        {
          configMap: {
            name: "settings",
            items: [{ key: "color", path: "etc/color", mode: 0o600 }],
          },
        },
        { secret: { name: "password" } },
        {
          downwardAPI: { items: [{ path: "labels", fieldRef: { fieldPath: "metadata.labels" } }] },
        },
        { serviceAccountToken: { path: "token", audience: "x", expirationSeconds: 600 } },
      ],
    },
  };
  const tokens = new Map([["600 x", "jwt"]]);
  const input = { pod: podOf({}), sources, facts, podIps: [], tokens };
  const files = [...volumePayload(volume, input)].map(([path, { data, mode }]) => [
    path,
    Buffer.from(data).toString(),
    mode.toString(8),
  ]);
  expect(files).toEqual([
    ["etc/color", "blue", "600"],
    ["word", "secret", "400"],
    ["labels", 'a="1"\nb="2"', "400"],
    ["token", "jwt", "400"],
  ]);
  const climbing = {
    name: "v",
    configMap: { name: "settings", items: [{ key: "color", path: "../x" }] },
  };
  expect(() => volumePayload(climbing, input)).toThrow("leaves the volume");
  const missing = { name: "v", secret: { secretName: "none" } };
  expect(() => volumePayload(missing, input)).toThrow('secret "none" not found');
  const optional = { name: "v", secret: { secretName: "none", optional: true } };
  expect(volumePayload(optional, input).size).toBe(0);
});

test("quality of service", () => {
  const withResources = (resources: Container["resources"]) =>
    qosClass(podOf({ containers: [{ name: "c", resources }] }));
  expect(withResources({})).toBe("BestEffort");
  expect(withResources({ requests: { cpu: "1" } })).toBe("Burstable");
  const whole = { cpu: "1000m", memory: "1Gi" };
  expect(withResources({ limits: whole })).toBe("Guaranteed");
  expect(withResources({ limits: whole, requests: { cpu: "1", memory: "1024Mi" } })).toBe(
    "Guaranteed",
  );
  expect(withResources({ limits: whole, requests: { cpu: "500m", memory: "1Gi" } })).toBe(
    "Burstable",
  );
});

test("shares and oom scores have upstream's bounds", () => {
  expect([0, 1, 500, 1000, 1_000_000].map(cpuShares)).toEqual([2, 2, 512, 1024, 262_144]);
  const asks = (memory: string) => ({ requests: { memory } });
  const pod = (memory: string) => podOf({ containers: [{ name: "c", resources: asks(memory) }] });
  const gigabyte = 2 ** 30;
  expect(oomScore(podOf({}), undefined, gigabyte)).toBe(1000);
  expect(oomScore(pod("512Mi"), asks("512Mi"), gigabyte)).toBe(500);
  expect(oomScore(pod("1Gi"), asks("1Gi"), gigabyte)).toBe(3);
  expect(oomScore(pod("1"), asks("1"), gigabyte)).toBe(999);
});

test("the node refuses what it cannot hold", () => {
  const asking = (cpu: string) =>
    podOf({ containers: [{ name: "c", resources: { requests: { cpu } } }] });
  const allocatable = { cpu: "2", memory: "1Gi", pods: "3" };
  expect(admitPod(asking("1"), [asking("1")], allocatable)).toBeUndefined();
  expect(admitPod(asking("1001m"), [asking("1")], allocatable)).toEqual({
    reason: "OutOfcpu",
    message:
      "Pod was rejected: Node didn't have enough resource: cpu, requested: 1001, used: 1000, capacity: 2000",
  });
  const foreign = { requests: { "example.com/fake": "1" } };
  const asksForeign = podOf({ containers: [{ name: "c", resources: foreign }] });
  expect(admitPod(asksForeign, [], allocatable)).toBeUndefined();
  const three = [podOf({}), podOf({}), podOf({})];
  expect(admitPod(podOf({}), three, allocatable)?.reason).toBe("OutOfpods");
  const onPort = (hostIP?: string): Pod =>
    podOf({ containers: [{ name: "c", ports: [{ containerPort: 80, hostPort: 80, hostIP }] }] });
  expect(admitPod(onPort(), [onPort("10.0.0.1")], allocatable)?.reason).toBe("NodePorts");
  expect(admitPod(onPort("10.0.0.2"), [onPort("10.0.0.1")], allocatable)).toBeUndefined();
});

test("resolv.conf: the cluster's first, the pod's own on top", () => {
  const host = { servers: ["192.0.2.53"], searches: ["lan"], options: [] };
  const settings = { clusterDns: ["10.96.0.10"], clusterDomain: "cluster.local", host };
  expect(podDns(podOf({}), settings)).toEqual({
    servers: ["10.96.0.10"],
    searches: ["team.svc.cluster.local", "svc.cluster.local", "cluster.local", "lan"],
    options: ["ndots:5"],
  });
  expect(podDns(podOf({ hostNetwork: true }), settings)).toEqual(host);
  const dnsConfig = { nameservers: ["1.1.1.1"], options: [{ name: "ndots", value: "2" }] };
  expect(podDns(podOf({ dnsPolicy: "None", dnsConfig }), settings)).toEqual({
    servers: ["1.1.1.1"],
    searches: [],
    options: ["ndots:2"],
  });
});

test("probes: thresholds count results in a row", () => {
  const probe = { failureThreshold: 2, successThreshold: 2 };
  let run = nextRun(undefined, false);
  expect(verdictOf(probe, run)).toBeUndefined();
  run = nextRun(run, true);
  run = nextRun(run, false);
  expect(verdictOf(probe, run)).toBeUndefined();
  run = nextRun(run, false);
  expect(verdictOf(probe, run)).toBe(false);
});

test("registry credentials: the most specific match first, others not at all", () => {
  const auth = (text: string) => ({ auth: Buffer.from(text).toString("base64") });
  const auths = {
    "reg.example": auth("a:1"),
    "reg.example/team": auth("b:2"),
    "other.example": auth("c:3"),
  };
  const encoded = Buffer.from(JSON.stringify({ auths })).toString("base64");
  const pullSecret = { ...secret, data: { ".dockerconfigjson": encoded } };
  const found = registryAuths("reg.example/team/app:1", [pullSecret]);
  expect(found.map(({ username, password }) => [username, password])).toEqual([
    ["b", "2"],
    ["a", "1"],
  ]);
  expect(registryAuths("reg.example.evil/x", [pullSecret])).toEqual([]);
});

test("log lines", () => {
  const line = parseLogLine("2026-01-01T00:00:01.5Z stderr P half a ");
  expect(line).toEqual({
    time: "2026-01-01T00:00:01.5Z",
    stream: "stderr",
    partial: true,
    text: "half a ",
  });
  expect(parseLogLine("not a line")).toBeUndefined();
  if (line === undefined) throw new Error("no line");
  expect(renderLine(line, { ...wholeLog, timestamps: true }, true)).toBe(
    "2026-01-01T00:00:01.5Z half a ",
  );
  expect(
    renderLine(line, { ...wholeLog, since: Date.parse("2026-01-01T00:00:02Z") }, true),
  ).toBeUndefined();
  expect(renderLine(line, { ...wholeLog, stream: "stdout" }, true)).toBeUndefined();
});

test("addresses are handed out once, and again after they came back", () => {
  const range = ipRange("10.1.2.0/29");
  const all = [1, 2, 3, 4, 5].map(() => range.take());
  expect(all).toEqual(["10.1.2.2", "10.1.2.3", "10.1.2.4", "10.1.2.5", "10.1.2.6"]);
  expect(range.take()).toBeUndefined();
  range.give("10.1.2.4");
  expect(range.take()).toBe("10.1.2.4");
});
