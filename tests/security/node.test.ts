/** What a node may do: the Node authorizer, then NodeRestriction, asked through the whole server. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { leases } from "#gen/api/coordination/v1.ts";
import {
  configmaps,
  nodes,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
  secrets,
  serviceaccounts,
} from "#gen/api/core/v1.ts";
import { put } from "./cluster.ts";
import { openTestServer, type TestServer } from "./server.ts";

let server: TestServer;
const node = ["system:node:n1", "system:nodes"] as const;

function podOn(name: string, nodeName: string, spec: Partial<Pod["spec"]>): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", uid: `uid-of-${name}` },
    spec: { containers: [{ name: "a", image: "a" }], nodeName, ...spec },
    status: {},
  };
}

beforeAll(async () => {
  server = await openTestServer();
  const { cache } = server;
  for (const name of ["env", "pull", "vol", "projected", "pv-secret", "other", "mirrored"]) {
    const metadata = { name, namespace: "default" };
    await put(cache, secrets, { apiVersion: "v1", kind: "Secret", metadata });
    await put(cache, configmaps, { apiVersion: "v1", kind: "ConfigMap", metadata });
  }
  for (const name of ["n1", "n2"]) {
    await put(cache, nodes, {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name, uid: `uid-${name}`, labels: { "kubernetes.io/hostname": name } },
      spec: {},
      status: {},
    } as never);
  }
  for (const name of ["robot", "idle"]) {
    await put(cache, serviceaccounts, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name, namespace: "default" },
    });
  }
  await put(
    cache,
    pods,
    podOn("web", "n1", {
      serviceAccountName: "robot",
      imagePullSecrets: [{ name: "pull" }],
      containers: [
        {
          name: "a",
          image: "a",
          env: [{ name: "A", valueFrom: { secretKeyRef: { name: "env", key: "k" } } }],
          envFrom: [{ configMapRef: { name: "env" } }],
        },
      ],
      volumes: [
        { name: "v", secret: { secretName: "vol" } },
        { name: "p", projected: { sources: [{ secret: { name: "projected" } }] } },
        { name: "c", persistentVolumeClaim: { claimName: "claim" } },
      ],
    }),
  );
  await put(
    cache,
    pods,
    podOn("elsewhere", "n2", { volumes: [{ name: "v", secret: { secretName: "other" } }] }),
  );
  const mirror = podOn("mirror-n1", "n1", {
    volumes: [{ name: "v", secret: { secretName: "mirrored" } }],
  });
  mirror.metadata.annotations = { "kubernetes.io/config.mirror": "x" };
  await put(cache, pods, mirror);
  await put(cache, persistentvolumeclaims, {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "claim", namespace: "default" },
    spec: { volumeName: "pv1" },
    status: {},
  } as never);
  for (const [name, claim] of [
    ["pv1", "claim"],
    ["pv2", "unbound"],
  ] as const) {
    await put(cache, persistentvolumes, {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name },
      spec: {
        claimRef: { namespace: "default", name: claim },
        csi: {
          driver: "d",
          volumeHandle: "h",
          nodePublishSecretRef: { name: "pv-secret", namespace: "default" },
        },
      },
      status: {},
    } as never);
  }
  for (const name of ["n1", "n2"]) {
    await put(cache, leases, {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name, namespace: "kube-node-lease" },
      spec: {},
    });
  }
});
afterAll(() => server.close());

const core = "/api/v1/namespaces/default";
const reads: readonly [string, number][] = [
  [`${core}/secrets/env`, 200],
  [`${core}/secrets/pull`, 200],
  [`${core}/secrets/vol`, 200],
  [`${core}/secrets/projected`, 200],
  [`${core}/secrets/pv-secret`, 200],
  [`${core}/secrets/other`, 403],
  [`${core}/secrets/mirrored`, 403],
  [`${core}/secrets`, 403],
  [`${core}/secrets?fieldSelector=metadata.name%3Denv`, 200],
  [`${core}/secrets?fieldSelector=metadata.name%3Dother`, 403],
  ["/api/v1/secrets", 403],
  [`${core}/configmaps/env`, 200],
  [`${core}/configmaps/other`, 403],
  [`${core}/persistentvolumeclaims/claim`, 200],
  ["/api/v1/persistentvolumes/pv1", 200],
  ["/api/v1/persistentvolumes/pv2", 403],
  ["/api/v1/persistentvolumes", 403],
  ["/api/v1/nodes/n1", 200],
  ["/api/v1/nodes/n2", 403],
  ["/api/v1/nodes", 403],
  ["/api/v1/nodes?fieldSelector=metadata.name%3Dn1", 200],
  [`${core}/pods/web`, 200],
  [`${core}/pods/elsewhere`, 403],
  ["/api/v1/pods", 403],
  ["/api/v1/pods?fieldSelector=spec.nodeName%3Dn1", 200],
  ["/api/v1/pods?fieldSelector=spec.nodeName%3Dn2", 403],
  ["/api/v1/pods?fieldSelector=spec.nodeName!%3Dn1", 403],
  ["/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1", 200],
  ["/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n2", 403],
  ["/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/n1", 403],
  ["/api/v1/services", 200],
  ["/apis/apps/v1/deployments", 403],
  [`${core}/pods/web/log`, 403],
];

describe("reads of a node", () => {
  for (const [path, code] of reads) {
    test(`${path}: ${code}`, async () => {
      expect((await server.ask({ path, as: node })).code).toBe(code);
    });
  }

  test("a stolen name without the group is nobody's", async () => {
    const answer = await server.ask({ path: `${core}/secrets/env`, as: ["system:node:n1"] });
    expect(answer.code).toBe(403);
  });

  test("a refusal says why", async () => {
    const { body } = await server.ask({ path: `${core}/secrets/other`, as: node });
    expect(body.message).toBe(
      'secrets "other" is forbidden: User "system:node:n1" cannot get resource "secrets" in API group "" in the namespace "default": node: no relationship found between node \'n1\' and this object',
    );
  });
});

const mirrorPod = (more: object = {}, spec: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name: "static",
    annotations: { "kubernetes.io/config.mirror": "x" },
    ownerReferences: [
      { apiVersion: "v1", kind: "Node", name: "n1", uid: "uid-n1", controller: true },
    ],
    ...more,
  },
  spec: { nodeName: "n1", containers: [{ name: "a", image: "a" }], ...spec },
});
const dry = "?dryRun=All";
const lease = (name: string) => ({
  apiVersion: "coordination.k8s.io/v1",
  kind: "Lease",
  metadata: { name },
  spec: {},
});
const binding = (pod: string, uid: string) => ({
  apiVersion: "authentication.k8s.io/v1",
  kind: "TokenRequest",
  spec: { boundObjectRef: { apiVersion: "v1", kind: "Pod", name: pod, uid } },
});
const newNode = (name: string, labels: Record<string, string> = {}) => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels },
});
const as3 = ["system:node:n3", "system:nodes"] as const;

type As = readonly [string, ...string[]];
const writes: readonly [string, string, object, number, As?][] = [
  ["a mirror pod of its own", `${core}/pods${dry}`, mirrorPod(), 201],
  ["a pod that is no mirror", `${core}/pods${dry}`, mirrorPod({ annotations: {} }), 403],
  ["a mirror pod of another node", `${core}/pods${dry}`, mirrorPod({}, { nodeName: "n2" }), 403],
  [
    "a mirror pod owned by another node",
    `${core}/pods${dry}`,
    mirrorPod({
      ownerReferences: [
        { apiVersion: "v1", kind: "Node", name: "n2", uid: "uid-n2", controller: true },
      ],
    }),
    403,
  ],
  [
    "a mirror pod that mounts a secret",
    `${core}/pods${dry}`,
    mirrorPod({}, { volumes: [{ name: "v", secret: { secretName: "other" } }] }),
    403,
  ],
  [
    "a mirror pod with an account",
    `${core}/pods${dry}`,
    mirrorPod({}, { serviceAccountName: "robot" }),
    403,
  ],
  ["itself", `/api/v1/nodes${dry}`, newNode("n3", { "kubernetes.io/os": "linux" }), 201, as3],
  ["another node", `/api/v1/nodes${dry}`, newNode("n4"), 403, as3],
  [
    "itself with a restricted label",
    `/api/v1/nodes${dry}`,
    newNode("n3", { "node-restriction.kubernetes.io/zone": "secret" }),
    403,
    as3,
  ],
  [
    "itself as a control plane",
    `/api/v1/nodes${dry}`,
    newNode("n3", { "node-role.kubernetes.io/control-plane": "" }),
    403,
    as3,
  ],
  [
    "its lease",
    `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases${dry}`,
    lease("n3"),
    201,
    as3,
  ],
  [
    "another's lease",
    `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases${dry}`,
    lease("n4"),
    403,
    as3,
  ],
  ["a token of its pod", `${core}/serviceaccounts/robot/token`, binding("web", "uid-of-web"), 201],
  [
    "a token of another account",
    `${core}/serviceaccounts/idle/token`,
    binding("web", "uid-of-web"),
    403,
  ],
  [
    "a token of another node's pod",
    `${core}/serviceaccounts/robot/token`,
    binding("elsewhere", "uid-of-elsewhere"),
    403,
  ],
  [
    "a token bound to a namesake",
    `${core}/serviceaccounts/robot/token`,
    binding("web", "uid-of-old"),
    403,
  ],
  [
    "an unbound token",
    `${core}/serviceaccounts/robot/token`,
    { ...binding("", ""), spec: {} },
    403,
  ],
  [
    "a secret",
    `${core}/secrets${dry}`,
    { apiVersion: "v1", kind: "Secret", metadata: { name: "x" } },
    403,
  ],
];

describe("creates of a node", () => {
  for (const [title, path, body, code, as = node] of writes) {
    test(`${title}: ${code}`, async () => {
      const answer = await server.ask({ path, body, as });
      expect({
        code: answer.code,
        message: code === answer.code ? "" : answer.body.message,
      }).toEqual({
        code,
        message: "",
      });
    });
  }
});

describe("changes of a node", () => {
  const patch = (path: string, body: object, as: readonly [string, ...string[]] = node) =>
    server.ask({
      path,
      body,
      as,
      method: "PATCH",
      headers: { "content-type": "application/merge-patch+json" },
    });

  test("its own status and labels, not its taints nor another node", async () => {
    const own = "/api/v1/nodes/n1";
    expect((await patch(`${own}/status`, { status: { phase: "Running" } })).code).toBe(200);
    expect((await patch(own, { metadata: { labels: { mine: "1" } } })).code).toBe(200);
    expect(
      (await patch(own, { spec: { taints: [{ key: "a", effect: "NoSchedule" }] } })).code,
    ).toBe(403);
    expect((await patch("/api/v1/nodes/n2", { metadata: { labels: { mine: "1" } } })).code).toBe(
      403,
    );
    expect((await patch("/api/v1/nodes/n2/status", { status: {} })).code).toBe(403);
  });

  test("the status of its own pods only", async () => {
    const status = { status: { phase: "Running" } };
    expect((await patch(`${core}/pods/web/status`, status)).code).toBe(200);
    expect((await patch(`${core}/pods/elsewhere/status`, status)).code).toBe(403);
    expect((await patch(`${core}/pods/web`, { metadata: { labels: { a: "b" } } })).code).toBe(403);
  });

  test("deletes its own pods only", async () => {
    const remove = (name: string) =>
      server.ask({ method: "DELETE", path: `${core}/pods/${name}${dry}`, as: node });
    expect((await remove("elsewhere")).code).toBe(403);
    expect((await remove("web")).code).toBe(200);
  });
});
