import { expect, test } from "bun:test";
import type { Pod } from "#gen/api/core/v1.ts";
import { leanPods } from "./lean-pod.ts";
import { placedScoringRequests, podRequests, resizedAmounts } from "./pod-requests.ts";
import { shapeKey } from "./shape-key.ts";

function podOf(name: string, nodeName: string | undefined): Pod {
  const resources = { requests: { cpu: "100m", memory: "1Gi" } };
  const resized = { requests: { cpu: "200m", memory: "1Gi" } };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "n",
      uid: name,
      resourceVersion: "7",
      labels: { app: "a" },
      annotations: { note: "x".repeat(1000) },
      managedFields: [{ manager: "kubelet", operation: "Update", fieldsType: "FieldsV1" }],
    },
    spec: {
      nodeName,
      priority: 3,
      containers: [
        {
          name: "c",
          image: "i",
          resources,
          command: ["sleep"],
          env: [{ name: "NAME", value: "value" }],
          ports: [{ containerPort: 80, hostPort: 80, protocol: "TCP" }],
        },
      ],
      volumes: [
        { name: "token", projected: {} },
        { name: "data", persistentVolumeClaim: { claimName: "data" } },
      ],
      tolerations: [{ key: "t", operator: "Exists" }],
      topologySpreadConstraints: [
        { maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule" },
      ],
    },
    status: {
      phase: "Running",
      startTime: "2026-01-01T00:00:00Z",
      conditions: [
        { type: "Ready", status: "True" },
        { type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler" },
      ],
      containerStatuses: [
        {
          ...{ name: "c", image: "i", imageID: "sha", ready: true, restartCount: 2 },
          ...{ allocatedResources: resized.requests, resources: resized },
          state: { running: { startedAt: "2026-01-01T00:00:00Z" } },
        },
      ],
    },
  };
}

test("a pod on a node reads the same to placement, in a fraction of the bytes", () => {
  const pod = podOf("p", "n1");
  const lean = leanPods()(pod);
  const facts = () => ({ exclusive: false, attached: undefined });
  const key = (one: Pod) => shapeKey(one, facts, undefined, resizedAmounts(one));
  expect(key(lean)).toBe(key(pod));
  expect(resizedAmounts(lean)).toBeDefined();
  expect(podRequests(lean)).toEqual(podRequests(pod));
  expect(placedScoringRequests(lean)).toEqual(placedScoringRequests(pod));
  expect(lean.spec.nodeName).toBe("n1");
  expect(lean.status?.conditions?.map(({ type }) => type)).toEqual(["DisruptionTarget"]);
  expect(lean.metadata.labels).toEqual({ app: "a" });
  expect(JSON.stringify(lean).length).toBeLessThan(JSON.stringify(pod).length / 2);
});

test("pods of one template share all but their names", () => {
  const lean = leanPods();
  const [a, b] = [lean(podOf("a", "n1")), lean(podOf("b", "n2"))];
  expect(a.spec.containers).toBe(b.spec.containers);
  expect(a.spec.tolerations).toBe(b.spec.tolerations ?? []);
  expect(a.metadata.labels).toBe(b.metadata.labels);
  expect(a.status).toBe(b.status);
  expect([a.spec.nodeName, b.spec.nodeName]).toEqual(["n1", "n2"]);
});

test("a pod that waits stays whole, without managedFields", () => {
  const pod = podOf("p", undefined);
  const kept = leanPods()(pod);
  expect(kept.spec).toBe(pod.spec);
  expect(kept.metadata.annotations).toEqual(pod.metadata.annotations ?? {});
  expect(kept.metadata.managedFields).toBeUndefined();
});
