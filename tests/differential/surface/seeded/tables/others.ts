/** Rich objects of networking, storage, RBAC, certificates, DRA and the control plane's own groups. */
import {
  conditionStatus,
  type Filled,
  inNamespace,
  labels,
  maybe,
  type RichMaker,
  selectorOf,
  someOf,
  someTime,
  upTo,
} from "./filled.ts";

interface Place {
  readonly root: string;
  readonly plural: string;
  readonly kind: string;
  readonly cluster?: true;
}

/** An object of that place, with what `fill` fills in. */
const rich =
  ({ root, plural, kind, cluster }: Place, fill: (...given: Parameters<RichMaker>) => Filled) =>
  (...given: Parameters<RichMaker>) => {
    const { metadata = {}, status, ...rest } = fill(...given);
    const apiVersion = root.replace(/^\/apis?\//, "");
    const object = { apiVersion, kind, metadata: { name: given[1], ...metadata }, ...rest };
    const path = cluster === true ? `${root}/${plural}` : inNamespace(root, plural);
    return status === undefined ? { path, object } : { path, object, status };
  };

const networking = "/apis/networking.k8s.io/v1";
const backend = { service: { name: "s", port: { number: 80 } } };

const points = [{ ip: "10.7.0.2" }, { hostname: "long-name-of-a-load-balancer.example.com" }];

export const richIngress: RichMaker = rich(
  { root: networking, plural: "ingresses", kind: "Ingress" },
  (choices) => ({
    spec: {
      ingressClassName: maybe(choices, "class"),
      defaultBackend: backend,
      rules: upTo(choices, 5, (index) => ({
        host: choices.of([undefined, `h${index}.example.com`]),
      })),
      tls: maybe(choices, [{ hosts: ["a.example.com"] }]),
    },
    status: { loadBalancer: { ingress: choices.some(points, 0.5) } },
  }),
);

export const richIngressClass: RichMaker = rich(
  { root: networking, plural: "ingressclasses", kind: "IngressClass", cluster: true },
  (choices) => ({
    metadata: {
      annotations: { "ingressclass.kubernetes.io/is-default-class": choices.of(["true", "false"]) },
    },
    spec: {
      controller: "example.com/c",
      parameters: choices.of([
        undefined,
        { kind: "P", name: "p" },
        { apiGroup: "example.com", kind: "P", name: "p" },
      ]),
    },
  }),
);

export const richNetworkPolicy: RichMaker = rich(
  { root: networking, plural: "networkpolicies", kind: "NetworkPolicy" },
  (choices) => ({
    spec: { podSelector: choices.of<Filled>([{}, selectorOf(choices, labels(choices))]) },
  }),
);

export const richSlice: RichMaker = rich(
  { root: "/apis/discovery.k8s.io/v1", plural: "endpointslices", kind: "EndpointSlice" },
  (choices) => ({
    addressType: "IPv4",
    endpoints: upTo(choices, 4, (index) => ({ addresses: [`10.3.0.${index + 1}`] })),
    ports: upTo(choices, 5, (index) => ({
      name: `p${index}`,
      port: choices.of([undefined, 80 + index]),
    })),
  }),
);

const storage = "/apis/storage.k8s.io/v1";

export const richStorageClass: RichMaker = rich(
  { root: storage, plural: "storageclasses", kind: "StorageClass", cluster: true },
  (choices) => ({
    metadata: {
      annotations: someOf(choices, {
        "storageclass.kubernetes.io/is-default-class": choices.of(["true", "false"]),
        "storageclass.beta.kubernetes.io/is-default-class": choices.of(["true", "false"]),
      }),
    },
    provisioner: "example.com/p",
    ...someOf(choices, {
      reclaimPolicy: "Retain",
      volumeBindingMode: "WaitForFirstConsumer",
      allowVolumeExpansion: choices.fraction() < 0.5,
    }),
  }),
);

export const richDriver: RichMaker = rich(
  { root: storage, plural: "csidrivers", kind: "CSIDriver", cluster: true },
  (choices) => ({
    spec: someOf(choices, {
      attachRequired: choices.fraction() < 0.5,
      podInfoOnMount: true,
      storageCapacity: choices.fraction() < 0.5,
      requiresRepublish: true,
      volumeLifecycleModes: choices.of([["Ephemeral"], ["Persistent", "Ephemeral"]]),
      tokenRequests: choices.of([[], [{ audience: "a" }, { audience: "b" }], [{ audience: "" }]]),
    }),
  }),
);

export const richAttachment: RichMaker = rich(
  { root: storage, plural: "volumeattachments", kind: "VolumeAttachment", cluster: true },
  (choices) => ({
    spec: { attacher: "a.example.com", nodeName: "n", source: { persistentVolumeName: "pv" } },
    status: { attached: choices.fraction() < 0.5 },
  }),
);

export const richCapacity: RichMaker = rich(
  { root: storage, plural: "csistoragecapacities", kind: "CSIStorageCapacity" },
  (choices) => ({
    storageClassName: "sc",
    capacity: choices.of([undefined, "1Gi", "1024Mi", "0.5Gi"]),
  }),
);

const rbac = "/apis/rbac.authorization.k8s.io/v1";
const subjects = [
  { kind: "User", name: "u" },
  { kind: "User", name: "v" },
  { kind: "Group", name: "g" },
  { kind: "ServiceAccount", name: "sa", namespace: "n" },
  { kind: "ServiceAccount", name: "sb", namespace: "n" },
].map((one) =>
  one.kind === "ServiceAccount" ? one : { ...one, apiGroup: "rbac.authorization.k8s.io" },
);

export const richBinding: RichMaker = rich(
  { root: rbac, plural: "rolebindings", kind: "RoleBinding" },
  (choices) => ({
    roleRef: {
      apiGroup: "rbac.authorization.k8s.io",
      kind: choices.of(["Role", "ClusterRole"]),
      name: "r",
    },
    subjects: choices.some(subjects, 0.5),
  }),
);

export const richPriorityClass: RichMaker = rich(
  {
    root: "/apis/scheduling.k8s.io/v1",
    plural: "priorityclasses",
    kind: "PriorityClass",
    cluster: true,
  },
  (choices) => ({
    value: choices.of([0, -5, 1000]),
    ...someOf(choices, { preemptionPolicy: "Never", description: "d" }),
  }),
);

export const richLease: RichMaker = rich(
  { root: "/apis/coordination.k8s.io/v1", plural: "leases", kind: "Lease" },
  (choices) => ({ spec: { holderIdentity: choices.of([undefined, "me"]) } }),
);

const resources = "/apis/resource.k8s.io/v1";

export const richResourceClaim: RichMaker = rich(
  { root: resources, plural: "resourceclaims", kind: "ResourceClaim" },
  (choices) => {
    const spec = {
      devices: { requests: [{ name: "r", exactly: { deviceClassName: "c" } }] },
    };
    const allocation = {
      devices: { results: [{ request: "r", driver: "d.example.com", pool: "p", device: "x" }] },
    };
    const reservedFor = maybe(choices, [{ resource: "pods", name: "p", uid: "u" }]);
    const metadata = { finalizers: ["example.com/keep"] };
    return choices.fraction() < 0.6
      ? { metadata, spec, status: { allocation, reservedFor } }
      : { metadata, spec };
  },
);

export const richPool: RichMaker = rich(
  { root: resources, plural: "resourceslices", kind: "ResourceSlice", cluster: true },
  (choices) => ({
    spec: {
      driver: "d.example.com",
      pool: { name: "p", generation: 1, resourceSliceCount: 1 },
      ...choices.of<Filled>([{ nodeName: "n" }, { allNodes: true }]),
      devices: [{ name: "x" }],
    },
  }),
);

export const richTaintRule: RichMaker = rich(
  { root: resources, plural: "devicetaintrules", kind: "DeviceTaintRule", cluster: true },
  (choices) => ({
    spec: {
      taint: {
        key: "k",
        value: choices.of([undefined, "v"]),
        effect: choices.of(["NoSchedule", "NoExecute"]),
        timeAdded: maybe(choices, someTime(choices)),
      },
    },
  }),
);

export const richPriorityLevel: RichMaker = rich(
  {
    root: "/apis/flowcontrol.apiserver.k8s.io/v1",
    plural: "prioritylevelconfigurations",
    kind: "PriorityLevelConfiguration",
    cluster: true,
  },
  (choices) => ({
    spec: choices.of<Filled>([
      { type: "Exempt" },
      { type: "Limited", limited: { limitResponse: { type: "Reject" } } },
      {
        type: "Limited",
        limited: { nominalConcurrencyShares: 0, limitResponse: { type: "Queue", queuing: {} } },
      },
      {
        type: "Limited",
        limited: {
          nominalConcurrencyShares: 7,
          limitResponse: {
            type: "Queue",
            queuing: { queues: 8, handSize: 2, queueLengthLimit: 9 },
          },
        },
      },
    ]),
  }),
);

const group = "/apis/admissionregistration.k8s.io/v1";

export const richPolicyBinding: RichMaker = rich(
  {
    root: group,
    plural: "validatingadmissionpolicybindings",
    kind: "ValidatingAdmissionPolicyBinding",
    cluster: true,
  },
  (choices) => ({
    spec: {
      policyName: "absent",
      validationActions: ["Deny"],
      paramRef: choices.of([
        undefined,
        { name: "p", parameterNotFoundAction: "Deny" },
        { name: "p", namespace: "n", parameterNotFoundAction: "Deny" },
        {
          selector: choices.of<Filled>([{}, selectorOf(choices, { a: "b" })]),
          parameterNotFoundAction: "Deny",
        },
      ]),
    },
  }),
);

export const richMigration: RichMaker = rich(
  {
    root: "/apis/storagemigration.k8s.io/v1",
    plural: "storageversionmigrations",
    kind: "StorageVersionMigration",
    cluster: true,
  },
  (choices) => ({
    spec: {
      resource: choices.of<Filled>([
        { group: "apps", resource: "deployments" },
        { resource: "pods" },
      ]),
    },
    status: {
      resourceVersion: "1",
      conditions: choices.some(["Running", "Succeeded", "Failed"], 0.4).map((type) => ({
        type,
        status: conditionStatus(choices),
        lastTransitionTime: "2026-01-02T03:04:05Z",
        reason: "R",
        message: "",
      })),
    },
  }),
);

const csr =
  "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIRk1HNENBUUF3RERFS01BZ0dBMVVFQXd3QmVEQlpNQk1HQnlxR1NNNDlBZ0VHQ0NxR1NNNDlBd0VIQTBJQQpCQlFlMHg0UEMzcE1SUUpuRTQwWXovRnRtSzRraVRkOXBsWXd0T0VsbGlyMEV0TS9XVTBYdXdWTXg3TUVheW9qCnlqMEtsSEVLVm05M3NEOFJhc3FqY2JTZ0FEQUtCZ2dxaGtqT1BRUURBZ05IQURCRUFpQU9wNVo3a1FFWnZHTjAKSWVpbFlPd3pCd2pmRjN1d3pSSzBPU1YzYWZ1bEdRSWdFQ2RNOUxXcjJIelY1ZXdXS0ZyRVhITWptL2hnZjhjQQo5ZkF3YXd4ZWxZbz0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==";

export const richSigning: RichMaker = rich(
  {
    root: "/apis/certificates.k8s.io/v1",
    plural: "certificatesigningrequests",
    kind: "CertificateSigningRequest",
    cluster: true,
  },
  (choices) => ({
    spec: {
      request: csr,
      signerName: "example.com/signer",
      usages: ["client auth"],
      expirationSeconds: choices.of([undefined, 600, 3_700, 86_400, 90_000_000]),
    },
    status: {
      conditions: maybe(choices, [{ type: "Failed", status: "True", reason: "R", message: "m" }]),
    },
  }),
);
