/** Every recorded create: what upstream answered is what defaulting and strategy make of the same request. */
import { expect, test } from "bun:test";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import recorded from "../golden/defaults.json" with { type: "json" };
import { allocate } from "./allocation.ts";
import { create, resourceOfPath } from "./pipeline.ts";

interface Recorded {
  readonly path: string;
  readonly request: Record<string, unknown>;
  readonly response: KubeObject & { spec?: Record<string, unknown> };
}

const tokenVolume = /^kube-api-access-/;

/** What admission plugins and allocators add in upstream's answer is not defaulting. */
function withoutAdmission({ request, path }: Recorded, answered: unknown): unknown {
  const object = structuredClone(answered);
  const plural = path.split("?")[0]?.split("/").at(-1);
  if (plural === "pods") stripPod(object, request);
  if (plural === "services") stripService(object, request);
  if (plural === "nodes") stripNode(object, request);
  return normalized(object);
}

// biome-ignore lint/suspicious/noExplicitAny: recorded JSON is taken apart by hand
type Loose = any;

function stripPod(object: Loose, request: Loose): void {
  const { spec } = object;
  const asked = request.spec;
  const kept = (list: Loose[] | undefined): Loose[] | undefined => {
    const rest = (list ?? []).filter(({ name }) => !tokenVolume.test(name));
    return rest.length === 0 ? undefined : rest;
  };
  spec.volumes = kept(spec.volumes);
  for (const container of [...spec.containers, ...(spec.initContainers ?? [])])
    container.volumeMounts = kept(container.volumeMounts);
  for (const field of [
    "tolerations",
    "priority",
    "preemptionPolicy",
    "serviceAccountName",
    "serviceAccount",
  ])
    spec[field] = asked[field];
}

function stripService(object: Loose, request: Loose): void {
  for (const field of [
    "clusterIP",
    "clusterIPs",
    "ipFamilies",
    "ipFamilyPolicy",
    "healthCheckNodePort",
  ])
    object.spec[field] = request.spec[field];
  for (const [index, port] of (object.spec.ports ?? []).entries())
    port.nodePort = request.spec.ports[index].nodePort;
}

function stripNode(object: Loose, request: Loose): void {
  object.spec.taints = request.spec?.taints;
}

/** Absent and undefined are one; so are the volatile parts of metadata. */
function normalized(object: Loose): unknown {
  // Null and absent are one to every reader; the codec prints no null.
  const copy = JSON.parse(JSON.stringify(object, (_, value) => value ?? undefined));
  const { metadata } = copy;
  for (const field of ["uid", "creationTimestamp", "resourceVersion", "managedFields"])
    delete metadata?.[field];
  if (metadata?.finalizers !== undefined)
    metadata.finalizers = metadata.finalizers.filter((name: string) => !/-protection$/.test(name));
  if (metadata?.finalizers?.length === 0) delete metadata.finalizers;
  if (metadata?.generateName) delete metadata.name;
  // Both the recorded uid and ours stand in generated labels and selectors.
  const text = JSON.stringify(copy).replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "UID");
  return JSON.parse(text);
}

const virtual = ["selfsubjectaccessreviews", "selfsubjectreviews"];

for (const [index, recordedCase] of (recorded as unknown as Recorded[]).entries()) {
  const plural = recordedCase.path.split("?")[0]?.split("/").at(-1) ?? "";
  if (virtual.includes(plural)) continue;
  test(`${index} ${plural}`, () => {
    const answer = create(resourceOfPath(recordedCase.path), recordedCase.request, {
      complete: allocate,
    });
    expect(answer.errors).toEqual([]);
    expect(answer.code).toBe(201);
    expect(withoutAdmission(recordedCase, answer.object)).toEqual(
      withoutAdmission(recordedCase, recordedCase.response),
    );
  });
}
