/** What a node may: its own objects and those of the pods bound to it; asked as one node of two, of both. */
import type { Choices } from "../random.ts";
import type { Question } from "../side.ts";
import type { Scenario } from "../world.ts";
import type { Area, Setting } from "./area.ts";

const merge = "application/merge-patch+json";
const mirror = "kubernetes.io/config.mirror";
/** Stands for what each server gave the asking node. */
const ownUid = "UID OF THE NODE";
const owner = (name: string): object => ({
  apiVersion: "v1",
  kind: "Node",
  name,
  uid: name === "x" ? "wrong" : ownUid,
  controller: true,
});

interface Cast {
  readonly choices: Choices;
  readonly namespace: string;
  /** Who asks, and who may be asked about. */
  readonly self: string;
  readonly either: () => string;
}

type Make = (cast: Cast) => Question;

const labels = [
  "kubernetes.io/hostname",
  "topology.kubernetes.io/zone",
  "node.kubernetes.io/instance-type",
  "node-restriction.kubernetes.io/a",
  "a.node-restriction.kubernetes.io/b",
  "kubelet.kubernetes.io/x",
  "node.kubernetes.io/x",
  "kubernetes.io/x",
  "x.k8s.io/y",
  "example.com/z",
  "node-role.kubernetes.io/worker",
  "beta.kubernetes.io/arch",
];

const nodeChange = ({ choices, either }: Cast): object =>
  choices.of<object>([
    { metadata: { labels: { [choices.of(labels)]: choices.of(["", "v", either()]) } } },
    { metadata: { labels: { [choices.of(labels)]: null } } },
    { metadata: { annotations: { a: "b" } } },
    { metadata: { ownerReferences: [owner("x")] } },
    { metadata: { finalizers: ["example.com/f"] } },
    { spec: { unschedulable: true } },
    { spec: { taints: [{ key: "a", effect: "NoSchedule" }] } },
    { spec: { taints: null } },
    { spec: { providerID: "p://a" } },
    { spec: { podCIDR: "10.1.0.0/24", podCIDRs: ["10.1.0.0/24"] } },
    { spec: { configSource: { configMap: { name: "c", namespace: "n", kubeletConfigKey: "k" } } } },
    { status: { capacity: { cpu: "1" } } },
  ]);

const patched = (path: string, body: object): Question => ({
  method: "PATCH",
  path: `${path}?dryRun=All`,
  contentType: merge,
  body,
});

const posted = (path: string, body: object): Question => ({
  method: "POST",
  path: `${path}?dryRun=All`,
  body,
});

const pod = ({ choices, self, either }: Cast): object => {
  const volume = choices.of<object>([
    { secret: { secretName: "s" } },
    { configMap: { name: "c" } },
    { persistentVolumeClaim: { claimName: "v" } },
    { projected: { sources: [{ serviceAccountToken: { path: "t" } }] } },
    { projected: { sources: [{ clusterTrustBundle: { name: "b", path: "t" } }] } },
    { emptyDir: {} },
  ]);
  const isMirror = choices.fraction() < 0.8;
  const owners = choices.of<object[]>([
    [owner(self)],
    [owner(either())],
    [],
    [owner(self), owner("x")],
  ]);
  return {
    metadata: {
      name: "mirror",
      ...(isMirror ? { annotations: { [mirror]: "h" } } : {}),
      ownerReferences: owners,
      labels: { [choices.of(["a", "pod-template-hash"])]: "b" },
    },
    spec: {
      nodeName: choices.of([self, self, either(), ""]),
      containers: [{ name: "a", image: "x" }],
      ...(choices.fraction() < 0.2 ? { serviceAccountName: "default" } : {}),
      ...(choices.fraction() < 0.4 ? { volumes: [{ name: "v", ...volume }] } : {}),
      ...(choices.fraction() < 0.1
        ? { resourceClaims: [{ name: "r", resourceClaimName: "x" }] }
        : {}),
    },
  };
};

const inside = ({ namespace }: Cast, plural: string): string =>
  `/api/v1/namespaces/${namespace}/${plural}`;

const anyPod = ({ choices, self, either }: Cast): string =>
  choices.of([`on-${self}`, `on-${either()}`, "unbound", "absent"]);

const reads: readonly Make[] = [
  (cast) => ({
    method: "GET",
    path: `${inside(cast, "secrets")}/${cast.choices.of(["used", "pulled", "loose", "absent"])}`,
  }),
  (cast) => ({
    method: "GET",
    path: `${inside(cast, "configmaps")}/${cast.choices.of(["used", "loose", "kube-root-ca.crt"])}`,
  }),
  (cast) => ({
    method: "GET",
    path: `${inside(cast, "persistentvolumeclaims")}/${cast.choices.of(["used", "loose"])}`,
  }),
  (cast) => ({
    method: "GET",
    path: `${inside(cast, "serviceaccounts")}/${cast.choices.of(["default", "absent"])}`,
  }),
  (cast) => ({
    method: "GET",
    path: inside(cast, cast.choices.of(["secrets", "configmaps", "pods", "services", "endpoints"])),
  }),
  (cast) => ({
    method: "GET",
    path: `${inside(cast, "pods")}?fieldSelector=spec.nodeName%3D${cast.either()}`,
  }),
  (cast) => ({ method: "GET", path: `${inside(cast, "pods")}/${anyPod(cast)}` }),
  (cast) => ({ method: "GET", path: `/api/v1/nodes/${cast.either()}` }),
  (cast) => ({
    method: "GET",
    path: `/api/v1/nodes?fieldSelector=metadata.name%3D${cast.either()}`,
  }),
  (cast) => ({
    method: "GET",
    path: cast.choices.of([
      "/api/v1/persistentvolumes/x",
      "/apis/storage.k8s.io/v1/volumeattachments/x",
      "/apis/storage.k8s.io/v1/csidrivers",
      "/apis/node.k8s.io/v1/runtimeclasses",
      "/apis/resource.k8s.io/v1/resourceslices",
      "/apis/resource.k8s.io/v1/namespaces/default/resourceclaims/x",
      "/apis/certificates.k8s.io/v1/clustertrustbundles",
      "/apis/apps/v1/deployments",
    ]),
  }),
];

const writes: readonly Make[] = [
  (cast) => patched(`/api/v1/nodes/${cast.either()}`, nodeChange(cast)),
  (cast) => patched(`/api/v1/nodes/${cast.self}`, nodeChange(cast)),
  (cast) => patched(`/api/v1/nodes/${cast.either()}/status`, nodeChange(cast)),
  (cast) =>
    posted("/api/v1/nodes", {
      metadata: {
        name: cast.choices.of([`${cast.self}x`, cast.self, "other"]),
        labels: { [cast.choices.of(labels)]: "v" },
      },
      spec: cast.choices.of<object>([{}, { taints: [{ key: "a", effect: "NoSchedule" }] }]),
    }),
  (cast) => ({ method: "DELETE", path: `/api/v1/nodes/${cast.either()}?dryRun=All` }),
  (cast) => posted(inside(cast, "pods"), pod(cast)),
  (cast) => posted(inside(cast, "pods"), pod(cast)),
  (cast) =>
    patched(
      `${inside(cast, "pods")}/${anyPod(cast)}/status`,
      cast.choices.of<object>([
        { status: { phase: "Running" } },
        { metadata: { labels: { a: "c" } } },
        { metadata: { labels: { "topology.kubernetes.io/zone": "z" } } },
        { status: { resourceClaimStatuses: [{ name: "r", resourceClaimName: "x" }] } },
      ]),
    ),
  (cast) =>
    patched(`${inside(cast, "pods")}/${anyPod(cast)}`, { metadata: { labels: { a: "c" } } }),
  (cast) => ({ method: "DELETE", path: `${inside(cast, "pods")}/${anyPod(cast)}?dryRun=All` }),
  (cast) => {
    const name = anyPod(cast);
    return posted(`${inside(cast, "pods")}/${name}/eviction`, { metadata: { name } });
  },
  (cast) =>
    posted(`${inside(cast, "pods")}/${anyPod(cast)}/binding`, { target: { name: cast.self } }),
  (cast) =>
    patched(
      `${inside(cast, "persistentvolumeclaims")}/used${cast.choices.of(["", "/status"])}`,
      cast.choices.of<object>([
        { metadata: { labels: { a: "b" } } },
        { status: { capacity: { storage: "2Gi" } } },
        { status: { conditions: [{ type: "Resizing", status: "True" }] } },
      ]),
    ),
  (cast) => {
    const name = cast.either();
    const body = { metadata: { name }, spec: { holderIdentity: "h", leaseDurationSeconds: 4 } };
    return posted("/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases", body);
  },
  (cast) =>
    posted(`/apis/coordination.k8s.io/v1/namespaces/${cast.namespace}/leases`, {
      metadata: { name: cast.self },
      spec: {},
    }),
  (cast) =>
    posted("/apis/storage.k8s.io/v1/csinodes", {
      metadata: { name: cast.either() },
      spec: { drivers: [] },
    }),
  (cast) =>
    posted("/apis/resource.k8s.io/v1/resourceslices", {
      metadata: { name: "s" },
      spec: {
        driver: "d.example.com",
        pool: { name: "p", generation: 1, resourceSliceCount: 1 },
        ...cast.choices.of<object>([{ nodeName: cast.either() }, { allNodes: true }]),
      },
    }),
  (cast) => ({
    method: "DELETE",
    path: `/apis/resource.k8s.io/v1/resourceslices?dryRun=All${cast.choices.of(["", `&fieldSelector=spec.nodeName%3D${cast.either()}`])}`,
  }),
  (cast) =>
    posted(`${inside(cast, "serviceaccounts")}/default/token`, {
      spec: {
        audiences: cast.choices.of<string[]>([[], ["a"]]),
        ...cast.choices.of<object>([
          {},
          { boundObjectRef: { kind: "Pod", apiVersion: "v1", name: anyPod(cast), uid: "u" } },
          { boundObjectRef: { kind: "Node", apiVersion: "v1", name: cast.self, uid: "u" } },
        ]),
      },
    }),
  (cast) =>
    posted("/apis/certificates.k8s.io/v1/certificatesigningrequests", {
      metadata: { name: "r" },
      spec: {
        signerName: cast.choices.of([
          "kubernetes.io/kube-apiserver-client-kubelet",
          "kubernetes.io/kubelet-serving",
          "example.com/a",
        ]),
        usages: ["client auth"],
        request: "YQ==",
      },
    }),
  (cast) =>
    posted(inside(cast, "events"), {
      metadata: { name: "e" },
      involvedObject: { kind: "Node", name: cast.self },
    }),
  (cast) =>
    posted(inside(cast, cast.choices.of(["configmaps", "secrets", "services"])), {
      metadata: { name: "n" },
    }),
  () => posted("/apis/authentication.k8s.io/v1/tokenreviews", { spec: { token: "x" } }),
  () =>
    posted("/apis/authorization.k8s.io/v1/subjectaccessreviews", {
      spec: { user: "u", resourceAttributes: { verb: "get", resource: "pods" } },
    }),
];

async function prepare(one: Scenario, whole: string, nodes: readonly string[]): Promise<void> {
  const create = (path: string, body: object) =>
    one.ask(`create ${path}`, { method: "POST", path, body });
  for (const name of nodes) await create("/api/v1/nodes", { metadata: { name } });
  for (const name of ["used", "pulled", "loose"])
    await create(`${whole}/secrets`, { metadata: { name } });
  for (const name of ["used", "loose"]) {
    await create(`${whole}/configmaps`, { metadata: { name } });
    const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
    await create(`${whole}/persistentvolumeclaims`, { metadata: { name }, spec });
  }
  for (const nodeName of [...nodes, ""]) {
    const volumes = [
      { name: "s", secret: { secretName: "used" } },
      { name: "c", configMap: { name: "used" } },
      { name: "p", persistentVolumeClaim: { claimName: "used" } },
    ];
    const spec = {
      nodeName,
      containers: [{ name: "a", image: "x" }],
      volumes,
      imagePullSecrets: [{ name: "pulled" }],
    };
    const name = nodeName === "" ? "unbound" : `on-${nodeName}`;
    await create(`${whole}/pods`, { metadata: { name, labels: { a: "b" } }, spec });
  }
}

const withUid = (body: unknown, uid: string): unknown =>
  JSON.parse(JSON.stringify(body).replaceAll(ownUid, uid));

async function asNode({ choices, namespace, budget, scenario }: Setting): Promise<void> {
  const nodes = [`${namespace}-a`, `${namespace}-b`];
  const [self = ""] = nodes;
  const one = scenario();
  await prepare(one, `/api/v1/namespaces/${namespace}`, nodes);
  const cast: Cast = { choices, namespace, self, either: () => choices.of(nodes) };
  const headers = {
    "impersonate-user": `system:node:${self}`,
    "impersonate-group": "system:nodes",
  };
  for (let asked = 0; asked < budget; asked++) {
    const question = choices.of([...reads, ...writes, ...writes])(cast);
    const title = `as a node: ${question.method} ${question.path} ${JSON.stringify(question.body)}`;
    await one.ask(title, (answers) => ({
      ...question,
      headers,
      ...(question.body === undefined
        ? {}
        : { body: withUid(question.body, answers[0]?.body?.metadata?.uid ?? "") }),
    }));
  }
  for (const name of nodes)
    await one.ask(`no ${name}`, { method: "DELETE", path: `/api/v1/nodes/${name}` });
}

export const nodeRights: Area = {
  name: "node rights",
  weight: 2,
  alone: true,
  parts: [{ title: "of two nodes", run: asNode }],
};
