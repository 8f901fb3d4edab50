import { expect, test } from "bun:test";
import type { Pod } from "#gen/api/core/v1.ts";
import type { ResourceClaim, ResourceClaimTemplate } from "#gen/api/resource/v1.ts";
import { type PodSurroundings, reconcilePod } from "./pod.ts";

const pod = (more: Partial<Pod> = {}, name = "p"): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "n", uid: "u" },
  spec: { containers: [], resourceClaims: [{ name: "gpu", resourceClaimTemplateName: "t" }] },
  status: {},
  ...more,
});
const template: ResourceClaimTemplate = {
  apiVersion: "resource.k8s.io/v1",
  kind: "ResourceClaimTemplate",
  metadata: { name: "t", namespace: "n" },
  spec: { metadata: { labels: { a: "b" } }, spec: { devices: {} } },
};
const owner = { apiVersion: "v1", kind: "Pod", name: "p", uid: "u", controller: true };
const claim = (status: ResourceClaim["status"] = {}): ResourceClaim => ({
  apiVersion: "resource.k8s.io/v1",
  kind: "ResourceClaim",
  metadata: {
    name: "p-gpu-x",
    namespace: "n",
    ownerReferences: [owner],
    annotations: { "resource.kubernetes.io/pod-claim-name": "gpu" },
  },
  spec: { devices: {} },
  status,
});
const around = (more: Partial<PodSurroundings> = {}): PodSurroundings => ({
  claim: () => undefined,
  template: () => template,
  own: [],
  ...more,
});
const named: Partial<Pod> = {
  status: { resourceClaimStatuses: [{ name: "gpu", resourceClaimName: "p-gpu-x" }] },
};

test("a claim is made of the template, with the pod as its owner", () => {
  const [made] = reconcilePod(pod(), around());
  expect(made).toMatchObject({
    effect: "create",
    object: {
      metadata: {
        generateName: "p-gpu-",
        ownerReferences: [owner],
        labels: { a: "b" },
        annotations: { "resource.kubernetes.io/pod-claim-name": "gpu" },
      },
      spec: { devices: {} },
    },
  });
  const long = reconcilePod(pod({}, "q".repeat(80)), around())[0];
  const name = long?.effect === "create" ? (long.object.metadata.generateName ?? "") : "";
  expect(name.length).toBeLessThanOrEqual(253);
  expect(name.startsWith(`${"q".repeat(53)}-`)).toBe(true);
});

test("a template that is missing is told, one that was found not to be needed is left alone", () => {
  const [told] = reconcilePod(pod(), around({ template: () => undefined }));
  expect(told).toMatchObject({ effect: "event", reason: "FailedResourceClaimCreation" });
  const unneeded = pod({ status: { resourceClaimStatuses: [{ name: "gpu" }] } });
  expect(reconcilePod(unneeded, around())).toEqual([]);
});

test("what was made is named in the pod's status", () => {
  expect(reconcilePod(pod(), around({ own: [claim()] }))).toMatchObject([
    {
      effect: "patch",
      target: { subresource: "status" },
      body: { status: { resourceClaimStatuses: [{ name: "gpu", resourceClaimName: "p-gpu-x" }] } },
    },
  ]);
  expect(reconcilePod(pod(named), around({ claim: () => claim() }))).toEqual([]);
});

test("a named claim that is gone is made again", () => {
  expect(reconcilePod(pod(named), around())).toMatchObject([{ effect: "create" }]);
});

test("a pod that stands on a node is made a consumer of its allocated claims", () => {
  const placed = { ...pod(named), spec: { ...pod().spec, nodeName: "node" } };
  const allocated = claim({ allocation: {} });
  expect(reconcilePod(placed, around({ claim: () => allocated }))).toMatchObject([
    {
      effect: "update",
      object: { status: { reservedFor: [{ resource: "pods", name: "p", uid: "u" }] } },
    },
  ]);
  const reserved = claim({
    allocation: {},
    reservedFor: [{ resource: "pods", name: "p", uid: "u" }],
  });
  expect(reconcilePod(placed, around({ claim: () => reserved }))).toEqual([]);
});
