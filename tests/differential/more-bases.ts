/** Valid objects of the resources that the recorded defaults lack, and richer ones of those that matter. */

const template = {
  metadata: { labels: { a: "b" } },
  spec: { containers: [{ name: "a", image: "x" }] },
};

const of = (path: string, apiVersion: string, kind: string, rest: object) => ({
  path,
  request: { apiVersion, kind, ...rest },
});
const inDefault = (root: string, plural: string): string => `${root}/namespaces/default/${plural}`;

/** An elliptic key's, of the name x. */
const certificateRequest =
  "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIRk1HNENBUUF3RERFS01BZ0dBMVVFQXd3QmVEQlpNQk1HQnlxR1NNNDlBZ0VHQ0NxR1NNNDlBd0VIQTBJQQpCQlFlMHg0UEMzcE1SUUpuRTQwWXovRnRtSzRraVRkOXBsWXd0T0VsbGlyMEV0TS9XVTBYdXdWTXg3TUVheW9qCnlqMEtsSEVLVm05M3NEOFJhc3FqY2JTZ0FEQUtCZ2dxaGtqT1BRUURBZ05IQURCRUFpQU9wNVo3a1FFWnZHTjAKSWVpbFlPd3pCd2pmRjN1d3pSSzBPU1YzYWZ1bEdRSWdFQ2RNOUxXcjJIelY1ZXdXS0ZyRVhITWptL2hnZjhjQQo5ZkF3YXd4ZWxZbz0KLS0tLS1FTkQgQ0VSVElGSUNBVEUgUkVRVUVTVC0tLS0tCg==";

const reviews = "/apis/authorization.k8s.io/v1";
const attributes = { namespace: "default", verb: "get", resource: "pods" };

export const more = [
  of(`${reviews}/subjectaccessreviews`, "authorization.k8s.io/v1", "SubjectAccessReview", {
    spec: { user: "alice", groups: ["g"], resourceAttributes: attributes },
  }),
  of(`${reviews}/subjectaccessreviews`, "authorization.k8s.io/v1", "SubjectAccessReview", {
    spec: { user: "alice", nonResourceAttributes: { path: "/healthz", verb: "get" } },
  }),
  of(
    inDefault(reviews, "localsubjectaccessreviews"),
    "authorization.k8s.io/v1",
    "LocalSubjectAccessReview",
    { metadata: { namespace: "default" }, spec: { user: "alice", resourceAttributes: attributes } },
  ),
  of(`${reviews}/selfsubjectaccessreviews`, "authorization.k8s.io/v1", "SelfSubjectAccessReview", {
    spec: { resourceAttributes: attributes },
  }),
  of(`${reviews}/selfsubjectrulesreviews`, "authorization.k8s.io/v1", "SelfSubjectRulesReview", {
    spec: { namespace: "default" },
  }),
  of("/apis/authentication.k8s.io/v1/tokenreviews", "authentication.k8s.io/v1", "TokenReview", {
    spec: { token: "nobody's", audiences: ["a"] },
  }),
  of(
    inDefault("/apis/resource.k8s.io/v1", "resourceclaimtemplates"),
    "resource.k8s.io/v1",
    "ResourceClaimTemplate",
    {
      metadata: { name: "rct" },
      spec: {
        metadata: { labels: { a: "b" } },
        spec: { devices: { requests: [{ name: "r", exactly: { deviceClassName: "c" } }] } },
      },
    },
  ),
  of(
    inDefault("/apis/resource.k8s.io/v1", "resourceclaims"),
    "resource.k8s.io/v1",
    "ResourceClaim",
    {
      metadata: { name: "rich" },
      spec: {
        devices: {
          requests: [
            {
              name: "r",
              exactly: {
                deviceClassName: "c",
                allocationMode: "ExactCount",
                count: 2,
                selectors: [{ cel: { expression: "device.driver == 'd.example.com'" } }],
                tolerations: [{ key: "a", operator: "Exists", effect: "NoSchedule" }],
              },
            },
            { name: "s", firstAvailable: [{ name: "x", deviceClassName: "c" }] },
          ],
          constraints: [{ requests: ["r"], matchAttribute: "example.com/a" }],
          config: [{ requests: ["r"], opaque: { driver: "d.example.com", parameters: { a: 1 } } }],
        },
      },
    },
  ),
  of(inDefault("/apis/apps/v1", "deployments"), "apps/v1", "Deployment", {
    metadata: { name: "rich", labels: { a: "b" }, annotations: { x: "y" } },
    spec: {
      replicas: 3,
      minReadySeconds: 1,
      progressDeadlineSeconds: 60,
      revisionHistoryLimit: 2,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "25%", maxUnavailable: 0 } },
      selector: { matchLabels: { a: "b" }, matchExpressions: [{ key: "a", operator: "Exists" }] },
      template,
    },
  }),
  of(inDefault("/api/v1", "pods"), "v1", "Pod", {
    metadata: { name: "rich", labels: { a: "b" } },
    spec: {
      restartPolicy: "OnFailure",
      terminationGracePeriodSeconds: 5,
      hostAliases: [{ ip: "10.1.2.3", hostnames: ["a.b"] }],
      dnsConfig: {
        nameservers: ["10.1.1.1"],
        searches: ["a.b"],
        options: [{ name: "ndots", value: "2" }],
      },
      securityContext: {
        runAsUser: 1,
        fsGroup: 2,
        sysctls: [{ name: "kernel.shm_rmid_forced", value: "1" }],
      },
      initContainers: [
        { name: "i", image: "x", restartPolicy: "Always", resources: { requests: { cpu: "1" } } },
      ],
      containers: [
        {
          name: "a",
          image: "x",
          command: ["a"],
          workingDir: "/w",
          env: [
            { name: "A", value: "b" },
            { name: "B", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
            { name: "C", valueFrom: { resourceFieldRef: { resource: "limits.cpu" } } },
            { name: "D", valueFrom: { secretKeyRef: { name: "s", key: "k", optional: true } } },
          ],
          envFrom: [{ prefix: "P_", configMapRef: { name: "c" } }],
          ports: [{ name: "http", containerPort: 80, protocol: "TCP" }],
          resources: { limits: { cpu: "2", memory: "1Gi" }, requests: { cpu: "1" } },
          volumeMounts: [{ name: "v", mountPath: "/v", subPath: "a" }],
          livenessProbe: { httpGet: { path: "/", port: "http" }, periodSeconds: 3 },
          readinessProbe: { exec: { command: ["a"] } },
          startupProbe: { grpc: { port: 80 } },
          lifecycle: {
            preStop: { sleep: { seconds: 1 } },
            postStart: { exec: { command: ["a"] } },
          },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      ],
      volumes: [
        { name: "v", emptyDir: { medium: "Memory", sizeLimit: "1Gi" } },
        { name: "p", persistentVolumeClaim: { claimName: "c" } },
        {
          name: "e",
          ephemeral: {
            volumeClaimTemplate: {
              spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
            },
          },
        },
      ],
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchExpressions: [{ key: "a", operator: "In", values: ["b"] }] },
            ],
          },
        },
        podAntiAffinity: {
          preferredDuringSchedulingIgnoredDuringExecution: [
            {
              weight: 1,
              podAffinityTerm: { topologyKey: "t", labelSelector: { matchLabels: { a: "b" } } },
            },
          ],
        },
      },
      tolerations: [{ key: "a", operator: "Exists", effect: "NoExecute", tolerationSeconds: 3 }],
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: "t",
          whenUnsatisfiable: "DoNotSchedule",
          labelSelector: { matchLabels: { a: "b" } },
        },
      ],
    },
  }),
  of("/apis/resource.k8s.io/v1/devicetaintrules", "resource.k8s.io/v1", "DeviceTaintRule", {
    metadata: { name: "dtr" },
    spec: {
      deviceSelector: { driver: "d.example.com", pool: "p", device: "x" },
      taint: { key: "example.com/a", value: "b", effect: "NoSchedule" },
    },
  }),
  of(
    "/apis/certificates.k8s.io/v1/certificatesigningrequests",
    "certificates.k8s.io/v1",
    "CertificateSigningRequest",
    {
      metadata: { name: "csr" },
      spec: {
        signerName: "example.com/signer",
        expirationSeconds: 3600,
        usages: ["client auth", "digital signature"],
        request: certificateRequest,
      },
    },
  ),
];
