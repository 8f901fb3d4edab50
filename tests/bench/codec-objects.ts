/** A ConfigMap of about 1 KB and a running Pod as a Deployment's controller and a node agent leave it. */
import type { ConfigMap, Pod } from "#gen/api/core/v1.ts";

const created = "2026-01-02T03:04:05Z";

export function benchConfigMap(): ConfigMap {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: "settings",
      namespace: "default",
      uid: "00000000-0000-4000-8000-000000000000",
      resourceVersion: "12345",
      creationTimestamp: created,
      labels: { app: "web", tier: "front" },
    },
    data: { "settings.yaml": "key: value\n".repeat(70), mode: "production" },
  };
}

export function benchPod(index: number): Pod {
  const id = String(index).padStart(12, "0");
  const name = `web-6d4cf56db6-${id.slice(-5)}`;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: podMeta(name, id),
    spec: podSpec(index),
    status: podStatus(index),
  };
}

function podMeta(name: string, id: string): Pod["metadata"] {
  return {
    name,
    generateName: "web-6d4cf56db6-",
    namespace: "default",
    uid: `00000000-0000-4000-8000-${id}`,
    resourceVersion: String(100_000 + Number(id)),
    creationTimestamp: created,
    labels: { app: "web", "pod-template-hash": "6d4cf56db6" },
    annotations: { "example.com/checksum": "c0ffee".repeat(8) },
    ownerReferences: [
      {
        apiVersion: "apps/v1",
        kind: "ReplicaSet",
        name: "web-6d4cf56db6",
        uid: "11111111-0000-4000-8000-000000000000",
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
    managedFields: [
      {
        manager: "kube-controller-manager",
        operation: "Update",
        apiVersion: "v1",
        time: created,
        fieldsType: "FieldsV1",
        fieldsV1: { "f:metadata": { "f:labels": { ".": {}, "f:app": {} } }, "f:spec": {} },
      },
    ],
  };
}

const token = "kube-api-access-x7k2p";

function podSpec(index: number): Pod["spec"] {
  return {
    volumes: [
      {
        name: token,
        projected: {
          sources: [
            { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
            {
              configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] },
            },
          ],
          defaultMode: 420,
        },
      },
    ],
    containers: [
      {
        name: "web",
        image: "registry.example.com/team/web:1.27.3",
        ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
        env: [
          { name: "LOG_LEVEL", value: "info" },
          {
            name: "POD_IP",
            valueFrom: { fieldRef: { apiVersion: "v1", fieldPath: "status.podIP" } },
          },
        ],
        resources: {
          limits: { cpu: "500m", memory: "256Mi" },
          requests: { cpu: "100m", memory: "128Mi" },
        },
        volumeMounts: [
          {
            name: token,
            readOnly: true,
            mountPath: "/var/run/secrets/kubernetes.io/serviceaccount",
          },
        ],
        readinessProbe: {
          httpGet: { path: "/healthz", port: "http", scheme: "HTTP" },
          timeoutSeconds: 1,
          periodSeconds: 10,
          successThreshold: 1,
          failureThreshold: 3,
        },
        terminationMessagePath: "/dev/termination-log",
        terminationMessagePolicy: "File",
        imagePullPolicy: "IfNotPresent",
      },
    ],
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    dnsPolicy: "ClusterFirst",
    serviceAccountName: "default",
    serviceAccount: "default",
    nodeName: `node-${index % 50}`,
    securityContext: {},
    schedulerName: "default-scheduler",
    tolerations: [
      {
        key: "node.kubernetes.io/not-ready",
        operator: "Exists",
        effect: "NoExecute",
        tolerationSeconds: 300,
      },
      {
        key: "node.kubernetes.io/unreachable",
        operator: "Exists",
        effect: "NoExecute",
        tolerationSeconds: 300,
      },
    ],
    priority: 0,
    enableServiceLinks: true,
    preemptionPolicy: "PreemptLowerPriority",
  };
}

function podStatus(index: number): Pod["status"] {
  const ip = `10.244.${index % 50}.${(index % 250) + 2}`;
  const conditions = [
    "PodReadyToStartContainers",
    "Initialized",
    "Ready",
    "ContainersReady",
    "PodScheduled",
  ];
  return {
    phase: "Running",
    conditions: conditions.map((type) => ({ type, status: "True", lastTransitionTime: created })),
    hostIP: `192.168.0.${index % 50}`,
    podIP: ip,
    podIPs: [{ ip }],
    startTime: created,
    containerStatuses: [
      {
        name: "web",
        state: { running: { startedAt: created } },
        ready: true,
        restartCount: 0,
        image: "registry.example.com/team/web:1.27.3",
        imageID: `registry.example.com/team/web@sha256:${"0123456789abcdef".repeat(4)}`,
        containerID: `containerd://${"fedcba9876543210".repeat(4)}`,
        started: true,
      },
    ],
    qosClass: "Burstable",
  };
}
