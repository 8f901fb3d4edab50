/** Nodes and pods as the load generator makes them on a real cluster, shape by shape. */
import type { Node, Pod, PodSpec } from "#gen/api/core/v1.ts";

export type Shape = "basic" | "spread" | "hardspread" | "antiaffinity" | "affinity";

const hostname = "kubernetes.io/hostname";
const zone = "topology.kubernetes.io/zone";

export function benchNode(index: number, zones = 3): Node {
  const name = `node-${String(index).padStart(5, "0")}`;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        [hostname]: name,
        [zone]: `zone-${index % zones}`,
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
      },
    },
    spec: {},
    status: {
      allocatable: { cpu: "32", memory: "256Gi", pods: "110", "ephemeral-storage": "100Gi" },
    },
  };
}

function constraintsOf(shape: Shape): Partial<PodSpec> {
  const labelSelector = { matchLabels: { app: shape } };
  switch (shape) {
    case "basic":
      return {};
    case "spread":
    case "hardspread": {
      const whenUnsatisfiable = shape === "spread" ? "ScheduleAnyway" : "DoNotSchedule";
      return {
        topologySpreadConstraints: [
          { maxSkew: 5, topologyKey: zone, whenUnsatisfiable, labelSelector },
        ],
      };
    }
    case "antiaffinity": {
      const requiredDuringSchedulingIgnoredDuringExecution = [
        { labelSelector, topologyKey: hostname },
      ];
      return { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution } } };
    }
    case "affinity": {
      const requiredDuringSchedulingIgnoredDuringExecution = [{ labelSelector, topologyKey: zone }];
      return { affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution } } };
    }
  }
}

export function benchSchedulingPod(shape: Shape, index: number): Pod {
  const name = `${shape}-${String(index).padStart(6, "0")}`;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "load",
      uid: name,
      labels: { app: shape, color: shape === "antiaffinity" ? "green" : `c${index % 10}` },
    },
    spec: {
      containers: [
        {
          name: "pause",
          image: "registry.k8s.io/pause:3.10",
          ports: [{ containerPort: 80, protocol: "TCP" }],
          resources: { requests: { cpu: "100m", memory: "100Mi" } },
        },
      ],
      ...constraintsOf(shape),
    },
    status: {},
  };
}
