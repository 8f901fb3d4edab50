/** pods/resize: nothing but cpu and memory of containers and of the Pod itself may change, and none may go. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, forbiddenField, Path } from "#apimachinery/field-error.ts";
import type { Container, Pod, PodSpec, ResourceRequirements } from "#gen/api/core/v1.ts";
import { qosClass } from "#resources/core/v1/qos.ts";
import { mirrorAnnotation } from "./validate-annotations.ts";
import { validateWholePod } from "./validate-pod.ts";

type List = Readonly<Record<string, string>>;

// Upstream spells the path of nothing so.
const nowhere = new Path("[]");
const specPath = new Path("spec");
const resizable: ReadonlySet<string> = new Set(["cpu", "memory"]);
const lists = ["containers", "initContainers"] as const;
const parts = ["requests", "limits"] as const;

/** Throws nothing: every fault as a field error, upstream's ValidatePodResize. */
export function validatePodResize(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata.annotations?.[mirrorAnnotation] !== undefined)
    return [forbiddenField(nowhere, "static pods cannot be resized")];
  if (old.spec.os?.name === "windows")
    return [forbiddenField(nowhere, "windows pods cannot be resized")];
  const checks = new FieldChecks();
  checks.add(validateWholePod(pod));
  if ((old.status.qosClass ?? qosClass(old.spec)) !== qosClass(pod.spec))
    checks.invalid(
      specPath,
      pod.status.qosClass ?? "",
      "Pod QOS Class may not change as a result of resizing",
    );
  if (!nodeResizes(old))
    checks.forbidden(specPath, "Pod running on node without support for resize");
  const isPodLevel = setsResources(old.spec) || setsResources(pod.spec);
  if (isPodLevel) podLevel(checks, pod.spec, old.spec);
  if (!sameOrder(checks, pod.spec, old.spec)) return checks.errors;
  for (const list of ["initContainers", "containers"] as const)
    for (const [index, before] of (old.spec[list] ?? []).entries()) {
      const path = specPath.child(list).index(index).child("resources");
      keptEntries(checks, pod.spec[list]?.[index]?.resources, before.resources, path);
    }
  containersChange(checks, pod.spec, old.spec);
  initContainersChange(checks, pod.spec, old.spec);
  if (
    checks.errors.length === 0 &&
    !isPodLevel &&
    !deepEqual(pod.spec.resources, old.spec.resources)
  )
    checks.forbidden(specPath, "only cpu and memory resources are mutable");
  return checks.errors;
}

function setsResources({ resources }: PodSpec): boolean {
  return parts.some((part) => Object.keys(resources?.[part] ?? {}).length > 0);
}

/** Agents that resize say so by what they tell of a running container. */
function nodeResizes({ status }: Pod): boolean {
  const running = status.containerStatuses?.find(({ state }) => state?.running !== undefined);
  return running === undefined || running.resources !== undefined;
}

function isGone(list: List | undefined, before: List | undefined): boolean {
  return Object.keys(before ?? {}).some((name) => list?.[name] === undefined);
}

function keptEntries(
  checks: FieldChecks,
  resources: ResourceRequirements | undefined,
  before: ResourceRequirements | undefined,
  path: Path,
): void {
  for (const part of parts)
    if (isGone(resources?.[part], before?.[part]))
      checks.forbidden(path.child(part), `resource ${part} cannot be removed`);
}

/** What a resize may not touch: every other resource, and the claims. */
function fixed(resources: ResourceRequirements | undefined): unknown {
  const others = (list: List | undefined) =>
    Object.fromEntries(Object.entries(list ?? {}).filter(([name]) => !resizable.has(name)));
  const { requests, limits, claims } = resources ?? {};
  return { requests: others(requests), limits: others(limits), claims: claims ?? [] };
}

function podLevel(
  checks: FieldChecks,
  { resources }: PodSpec,
  { resources: before }: PodSpec,
): void {
  const path = specPath.child("resources");
  if (before !== undefined && resources === undefined) {
    checks.forbidden(path, "pod-level resources cannot be removed");
    return;
  }
  for (const part of parts)
    if (isGone(resources?.[part], before?.[part]))
      checks.forbidden(path.child(part), `pod-level resource ${part} cannot be removed`);
  if (!deepEqual(fixed(resources), fixed(before)))
    checks.forbidden(specPath, "only cpu and memory resources are mutable at pod-level");
}

/** False: containers cannot be compared one by one. */
function sameOrder(checks: FieldChecks, spec: PodSpec, old: PodSpec): boolean {
  const count = checks.errors.length;
  for (const list of lists) {
    const path = specPath.child(list);
    const [now, before] = [spec[list] ?? [], old[list] ?? []];
    if (now.length !== before.length)
      checks.forbidden(path, `${list} may not be added or removed on resize`);
    else
      for (const [index, { name }] of before.entries())
        if (now[index]?.name !== name)
          checks.forbidden(
            path.index(index).child("name"),
            `${list} may not be renamed or reordered on resize`,
          );
  }
  return checks.errors.length === count;
}

/** Beside cpu and memory nothing differs. */
function onlyResized(container: Container | undefined, before: Container): boolean {
  const { resources, ...rest } = container ?? {};
  const { resources: oldResources, ...oldRest } = before;
  return deepEqual(rest, oldRest) && deepEqual(fixed(resources), fixed(oldResources));
}

function containersChange(checks: FieldChecks, spec: PodSpec, old: PodSpec): void {
  for (const [index, before] of old.containers.entries())
    if (!onlyResized(spec.containers[index], before))
      checks.forbidden(specPath, "only cpu and memory resources are mutable");
}

function initContainersChange(checks: FieldChecks, spec: PodSpec, old: PodSpec): void {
  for (const [index, before] of (old.initContainers ?? []).entries()) {
    const container = spec.initContainers?.[index];
    const path = specPath.child("initContainers").index(index);
    if (!onlyResized(container, before))
      checks.forbidden(
        path,
        "only cpu and memory resources for init or sidecar containers are mutable",
      );
    if (before.restartPolicy === "Always" || deepEqual(container, before)) continue;
    for (const { restartPolicy } of container?.resizePolicy ?? [])
      if (restartPolicy === "RestartContainer")
        checks.forbidden(
          path,
          "non-sidecar init containers with a resize policy of RestartContainer cannot be resized",
        );
  }
}
