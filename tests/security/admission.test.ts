/** What each admission plugin adds and refuses, asked of the whole server. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createSigningRequest } from "#apimachinery/pki.ts";
import { limitranges, namespaces, nodes, serviceaccounts } from "#gen/api/core/v1.ts";
import { runtimeclasses } from "#gen/api/node/v1.ts";
import { priorityclasses } from "#gen/api/scheduling/v1.ts";
import { storageclasses } from "#gen/api/storage/v1.ts";
import { put } from "./cluster.ts";
import { openTestServer, type TestServer } from "./server.ts";

let server: TestServer;
const newNamespace = async (name: string, labels: Record<string, string> = {}): Promise<void> => {
  await put(server.cache, namespaces, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels },
    spec: { finalizers: ["kubernetes"] },
    status: { phase: name === "going" ? "Terminating" : "Active" },
  } as never);
  await put(server.cache, serviceaccounts, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "default", namespace: name },
    imagePullSecrets: [{ name: "pull" }],
  });
};
beforeAll(async () => {
  server = await openTestServer();
  await newNamespace("team");
  await newNamespace("going");
  await newNamespace("base", { "pod-security.kubernetes.io/enforce": "baseline" });
  await newNamespace("strict", {
    "pod-security.kubernetes.io/enforce": "restricted",
    "pod-security.kubernetes.io/enforce-version": "v1.30",
  });
  await newNamespace("warned", { "pod-security.kubernetes.io/warn": "restricted" });
});
afterAll(() => server.close());

const pod = (spec: object = {}, metadata: object = { name: "p" }) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata,
  spec: { containers: [{ name: "a", image: "a" }], ...spec },
});
const create = (namespace: string, body: object, resource = "pods") =>
  server.ask({ path: `/api/v1/namespaces/${namespace}/${resource}?dryRun=All`, body });

describe("NamespaceLifecycle", () => {
  const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c" } };

  test("a namespace that is not there is 404", async () => {
    const { code, body } = await create("nowhere", configMap, "configmaps");
    expect([code, body.message]).toEqual([404, 'namespaces "nowhere" not found']);
  });

  test("one that is going away is 403, with its cause", async () => {
    const { code, body } = await create("going", configMap, "configmaps");
    expect([code, body.message]).toEqual([
      403,
      'configmaps "c" is forbidden: unable to create new content in namespace going because it is being terminated',
    ]);
    expect(body.details.causes).toEqual([
      {
        reason: "NamespaceTerminating",
        message: "namespace going is being terminated",
        field: "metadata.namespace",
      },
    ]);
  });

  test("three namespaces stay", async () => {
    for (const name of ["default", "kube-system", "kube-public"]) {
      const path = `/api/v1/namespaces/${name}?dryRun=All`;
      const { code, body } = await server.ask({ method: "DELETE", path });
      expect([code, body.message]).toEqual([
        403,
        `namespaces "${name}" is forbidden: this namespace may not be deleted`,
      ]);
    }
    const other = await server.ask({
      method: "DELETE",
      path: "/api/v1/namespaces/team?dryRun=All",
    });
    expect(other.code).toBe(200);
  });
});

describe("ServiceAccount", () => {
  test("an account that is not there is refused", async () => {
    const { code, body } = await create("team", pod({ serviceAccountName: "none" }));
    expect([code, body.message]).toEqual([
      403,
      'pods "p" is forbidden: error looking up service account team/none: serviceaccount "none" not found',
    ]);
  });

  test("its pull secrets are the pod's, unless the pod has its own", async () => {
    expect((await create("team", pod())).body.spec.imagePullSecrets).toEqual([{ name: "pull" }]);
    const own = await create("team", pod({ imagePullSecrets: [{ name: "own" }] }));
    expect(own.body.spec.imagePullSecrets).toEqual([{ name: "own" }]);
  });

  test("no token where pod or account says so, nor over a mount of one's own", async () => {
    const without = await create("team", pod({ automountServiceAccountToken: false }));
    expect(without.body.spec.volumes).toBeUndefined();
    const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
    const volumes = [{ name: "own", emptyDir: {} }];
    const containers = [{ name: "a", image: "a", volumeMounts: [{ name: "own", mountPath }] }];
    const own = await create("team", pod({ volumes, containers }));
    expect(own.body.spec.volumes).toEqual(volumes);
  });
});

describe("Priority", () => {
  test("a class gives its value; an unknown one, a wrong value are refused", async () => {
    const critical = { priorityClassName: "system-node-critical" };
    expect((await create("team", pod(critical))).body.spec.priority).toBe(2_000_001_000);
    const unknown = await create("team", pod({ priorityClassName: "none" }));
    expect([unknown.code, unknown.body.message]).toEqual([
      403,
      'pods "p" is forbidden: no PriorityClass with name none was found',
    ]);
    expect((await create("team", pod({ priority: 7 }))).code).toBe(403);
  });

  test("the default class; there is at most one", async () => {
    const value = {
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      globalDefault: true,
    };
    await put(server.cache, priorityclasses, {
      ...value,
      metadata: { name: "usual" },
      value: 5,
    } as never);
    expect((await create("team", pod())).body.spec).toMatchObject({
      priority: 5,
      priorityClassName: "usual",
    });
    const second = await server.ask({
      path: "/apis/scheduling.k8s.io/v1/priorityclasses?dryRun=All",
      body: { ...value, metadata: { name: "second" }, value: 6 },
    });
    expect([second.code, second.body.message]).toEqual([
      403,
      'priorityclasses.scheduling.k8s.io "second" is forbidden: PriorityClass "usual" is already marked as default. Only one default can exist',
    ]);
  });
});

describe("LimitRanger", () => {
  beforeAll(async () => {
    await newNamespace("bounded");
    await put(server.cache, limitranges, {
      apiVersion: "v1",
      kind: "LimitRange",
      metadata: { name: "l", namespace: "bounded" },
      spec: {
        limits: [
          {
            type: "Container",
            default: { cpu: "500m" },
            defaultRequest: { cpu: "100m" },
            min: { cpu: "50m" },
            max: { cpu: "1" },
            maxLimitRequestRatio: { cpu: "10" },
          },
          { type: "Pod", max: { cpu: "1200m" } },
        ],
      },
    });
  });
  const resources = (cpu: { limits?: string; requests?: string }) =>
    Object.fromEntries(Object.entries(cpu).map(([part, value]) => [part, { cpu: value }]));

  test("fills in defaults and says so", async () => {
    const { body } = await create("bounded", pod());
    expect(body.spec.containers[0].resources).toEqual({
      limits: { cpu: "500m" },
      requests: { cpu: "100m" },
    });
    expect(body.metadata.annotations["kubernetes.io/limit-ranger"]).toBe(
      "LimitRanger plugin set: cpu request for container a; cpu limit for container a",
    );
  });

  const refused: readonly [string, object[], string][] = [
    [
      "too little",
      [resources({ requests: "10m", limits: "60m" })],
      "minimum cpu usage per Container is 50m, but request is 10m",
    ],
    [
      "too much",
      [resources({ requests: "1", limits: "2" })],
      "maximum cpu usage per Container is 1, but limit is 2",
    ],
    [
      "too far apart",
      [resources({ requests: "50m", limits: "1" })],
      "cpu max limit to request ratio per Container is 10, but provided ratio is 20.000000",
    ],
    [
      "too much together",
      [
        resources({ requests: "700m", limits: "700m" }),
        resources({ requests: "700m", limits: "700m" }),
      ],
      "maximum cpu usage per Pod is 1200m, but limit is 1400m",
    ],
  ];
  for (const [title, list, sentence] of refused) {
    test(title, async () => {
      const containers = list.map((each, at) => ({ name: `c${at}`, image: "a", resources: each }));
      const { code, body } = await create("bounded", pod({ containers }));
      expect(code).toBe(403);
      expect(body.message).toContain(sentence);
    });
  }
});

describe("PodSecurity", () => {
  const container = (securityContext: object, more: object = {}) => ({
    containers: [{ name: "a", image: "a", securityContext, ...more }],
  });
  const good = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    runAsNonRoot: true,
    seccompProfile: { type: "RuntimeDefault" },
  };
  const baseline: readonly [string, object, string][] = [
    [
      "privileged",
      container({ privileged: true }),
      'privileged (container "a" must not set securityContext.privileged=true)',
    ],
    [
      "host namespaces",
      { hostNetwork: true, hostPID: true },
      "host namespaces (hostNetwork=true, hostPID=true)",
    ],
    [
      "hostPath",
      { volumes: [{ name: "v", hostPath: { path: "/" } }] },
      'hostPath volumes (volume "v")',
    ],
    [
      "hostPort",
      container({}, { ports: [{ containerPort: 80, hostPort: 80 }] }),
      'hostPort (container "a" uses hostPort 80)',
    ],
    [
      "capabilities",
      container({ capabilities: { add: ["NET_ADMIN", "CHOWN"] } }),
      'non-default capabilities (container "a" must not include "NET_ADMIN" in securityContext.capabilities.add)',
    ],
    [
      "seccomp",
      { securityContext: { seccompProfile: { type: "Unconfined" } } },
      'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      "sysctls",
      { securityContext: { sysctls: [{ name: "kernel.msgmax", value: "1" }] } },
      "forbidden sysctls (kernel.msgmax)",
    ],
    [
      "SELinux",
      container({ seLinuxOptions: { type: "spc_t", user: "u" } }),
      'seLinuxOptions (container "a" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)',
    ],
  ];
  for (const [title, spec, detail] of baseline) {
    test(`baseline: ${title}`, async () => {
      const { code, body } = await create("base", pod(spec));
      expect([code, body.message]).toEqual([
        403,
        `pods "p" is forbidden: violates PodSecurity "baseline:latest": ${detail}`,
      ]);
      expect((await create("team", pod(spec))).code).toBe(201);
    });
  }

  test("baseline: an ordinary pod passes", async () => {
    expect((await create("base", pod())).code).toBe(201);
  });

  const ordinary =
    'allowPrivilegeEscalation != false (container "a" must set securityContext.allowPrivilegeEscalation=false), ' +
    'unrestricted capabilities (container "a" must set securityContext.capabilities.drop=["ALL"]), ' +
    'runAsNonRoot != true (pod or container "a" must set securityContext.runAsNonRoot=true), ' +
    'seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")';

  test("restricted: an ordinary pod does not, a hardened one does", async () => {
    const { code, body } = await create("strict", pod());
    expect([code, body.message]).toEqual([
      403,
      `pods "p" is forbidden: violates PodSecurity "restricted:v1.30": ${ordinary}`,
    ]);
    expect((await create("strict", pod(container(good)))).code).toBe(201);
    for (const part of Object.keys(good)) {
      const { [part as keyof typeof good]: _without, ...rest } = good;
      expect((await create("strict", pod(container(rest)))).code).toBe(403);
    }
  });

  test("warn tells the client, also of what makes pods", async () => {
    const answer = await create("warned", pod());
    expect(answer.code).toBe(201);
    expect(answer.headers.get("warning")).toContain("would violate PodSecurity");
    const deployment = {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "d" },
      spec: {
        selector: { matchLabels: { a: "b" } },
        template: { ...pod({}, { labels: { a: "b" } }), apiVersion: undefined, kind: undefined },
      },
    };
    const path = "/apis/apps/v1/namespaces/warned/deployments?dryRun=All";
    const made = await server.ask({ path, body: deployment });
    expect([made.code, made.headers.get("warning")?.includes("runAsNonRoot")]).toEqual([201, true]);
  });

  test("an unknown level is refused", async () => {
    const labels = { "pod-security.kubernetes.io/enforce": "lax" };
    const body = { apiVersion: "v1", kind: "Namespace", metadata: { name: "x", labels } };
    const { code } = await server.ask({ path: "/api/v1/namespaces?dryRun=All", body });
    expect(code).toBe(422);
  });
});

describe("defaults of classes", () => {
  test("storage, runtime", async () => {
    await put(server.cache, storageclasses, {
      apiVersion: "storage.k8s.io/v1",
      kind: "StorageClass",
      metadata: {
        name: "fast",
        annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
      },
      provisioner: "x",
    } as never);
    const claim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "c" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    };
    const { body } = await create("team", claim, "persistentvolumeclaims");
    expect(body.spec.storageClassName).toBe("fast");
    await put(server.cache, runtimeclasses, {
      apiVersion: "node.k8s.io/v1",
      kind: "RuntimeClass",
      metadata: { name: "vm" },
      handler: "vm",
      overhead: { podFixed: { memory: "64Mi" } },
      scheduling: { nodeSelector: { vm: "yes" } },
    } as never);
    const answer = await create("team", pod({ runtimeClassName: "vm" }));
    expect(answer.body.spec).toMatchObject({
      overhead: { memory: "64Mi" },
      nodeSelector: { vm: "yes" },
    });
    expect((await create("team", pod({ runtimeClassName: "none" }))).code).toBe(403);
  });

  test("a bound pod carries its node's zone", async () => {
    await put(server.cache, nodes, {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "z", labels: { "topology.kubernetes.io/zone": "a", other: "b" } },
      spec: {},
      status: {},
    } as never);
    const { body } = await create("team", pod({ nodeName: "z" }));
    expect(body.metadata.labels).toEqual({ "topology.kubernetes.io/zone": "a" });
  });
});

describe("certificates", () => {
  const csrs = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
  const csr = async (signerName: string, organizations: string[], spec: object = {}) => ({
    apiVersion: "certificates.k8s.io/v1",
    kind: "CertificateSigningRequest",
    metadata: { name: `c-${Math.floor(performance.now() * 1000)}` },
    spec: {
      signerName,
      usages: ["client auth"],
      request: Buffer.from(
        (await createSigningRequest({ commonName: "system:node:n", organizations })).request,
      ).toString("base64"),
      ...spec,
    },
  });

  test("a request is in the name of its maker", async () => {
    const body = await csr("kubernetes.io/kube-apiserver-client-kubelet", ["system:nodes"], {
      username: "root",
      groups: ["system:masters"],
      uid: "0",
    });
    const answer = await server.ask({
      path: csrs,
      body,
      as: ["system:bootstrap:abcdef", "system:bootstrappers"],
    });
    expect([answer.code, answer.body.spec?.username, answer.body.spec?.groups]).toEqual([
      201,
      "system:bootstrap:abcdef",
      ["system:bootstrappers", "system:authenticated"],
    ]);
    expect(answer.body.spec.uid).toBeUndefined();
  });

  test("nobody joins under the name of a node that is Ready", async () => {
    const joining = async () => {
      const body = await csr("kubernetes.io/kube-apiserver-client-kubelet", ["system:nodes"]);
      const as = ["system:bootstrap:abcdef", "system:bootstrappers"] as const;
      return server.ask({ path: csrs, body, as: [...as] });
    };
    const node = (ready: string) =>
      put(server.cache, nodes, {
        apiVersion: "v1",
        kind: "Node",
        metadata: { name: "n" },
        status: { conditions: [{ type: "Ready", status: ready }] },
      } as never);
    await node("True");
    const refused = await joining();
    expect(refused.code).toBe(403);
    expect(refused.body.message).toContain('a node named "n" is Ready');
    await node("Unknown");
    expect((await joining()).code).toBe(201);
  });

  test("nobody asks for system:masters", async () => {
    const body = await csr("kubernetes.io/kube-apiserver-client", ["system:masters"]);
    const { code, body: status } = await server.ask({ path: csrs, body });
    expect(code).toBe(403);
    expect(status.message).toContain("system:masters group is not allowed");
  });
});
