/** A Pod at creation and on update: after creation almost nothing of its spec may change. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { alignAmounts } from "#apimachinery/resource-list.ts";
import { rangeSentence } from "#apimachinery/validate.ts";
import type { Container, Pod, PodSpec, Toleration } from "#gen/api/core/v1.ts";
import { annotationUpdates, podAnnotations, profileAnnotations } from "./validate-annotations.ts";
import { imageWithoutBlanks } from "./validate-containers.ts";
import { gatedSpec } from "./validate-gated.ts";
import { validatePodSpec } from "./validate-pod-spec.ts";
import { validateTolerations } from "./validate-scheduling.ts";

const specPath = new Path("spec");
const annotationsPath = new Path("metadata.annotations");
const int32Max = 2 ** 31 - 1;

/** What every Pod must be, on every path that writes one. */
export function validateWholePod({ metadata, spec }: Pod): FieldError[] {
  const checks = new FieldChecks();
  podAnnotations(checks, { annotations: metadata.annotations ?? {}, spec }, annotationsPath);
  checks.add(validatePodSpec(spec, { path: specPath, meta: metadata }));
  if (!spec.serviceAccountName)
    for (const [index, volume] of (spec.volumes ?? []).entries())
      for (const [position, source] of (volume.projected?.sources ?? []).entries())
        if (source.serviceAccountToken !== undefined) {
          const place = specPath
            .child("volumes")
            .index(index)
            .child("projected", "sources")
            .index(position);
          checks.forbidden(
            place.child("serviceAccountToken"),
            "must not be specified when serviceAccountName is not set",
          );
        }
  checks.notNegative(
    specPath.child("terminationGracePeriodSeconds"),
    spec.terminationGracePeriodSeconds,
  );
  for (const list of ["containers", "initContainers"] as const)
    for (const [index, container] of (spec[list] ?? []).entries())
      imageWithoutBlanks(checks, container, specPath.child(list).index(index));
  return checks.errors;
}

export function validatePod(pod: Pod): FieldError[] {
  const checks = new FieldChecks();
  const { spec, metadata } = pod;
  checks.add(validateWholePod(pod));
  if ((spec.ephemeralContainers ?? []).length > 0)
    checks.forbidden(specPath.child("ephemeralContainers"), "cannot be set on create");
  if (spec.nodeName && (spec.schedulingGates ?? []).length > 0)
    checks.forbidden(
      specPath.child("nodeName"),
      "cannot be set until all schedulingGates have been cleared",
    );
  profileAnnotations(checks, { annotations: metadata.annotations ?? {}, spec }, specPath);
  return checks.errors;
}

const updatable = [
  "`spec.containers[*].image`",
  "`spec.initContainers[*].image`",
  "`spec.activeDeadlineSeconds`",
  "`spec.tolerations` (only additions to existing tolerations)",
  "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
];

export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  const checks = new FieldChecks();
  checks.add(validateWholePod(pod));
  annotationUpdates(checks, pod, old);
  for (const list of ["containers", "initContainers"] as const) {
    const path = specPath.child(list);
    if (
      !sameContainers(
        checks,
        { containers: pod.spec[list] ?? [], before: old.spec[list] ?? [] },
        path,
      )
    )
      return checks.errors;
  }
  if (!deadlineUpdate(checks, pod.spec, old.spec)) return checks.errors;
  tolerationUpdates(checks, pod.spec.tolerations ?? [], old.spec.tolerations ?? []);
  gateUpdates(checks, pod.spec, old.spec);
  if (deepEqual(pod.spec, old.spec)) return checks.errors;
  const comparable = gatedSpec(checks, withUpdatables(pod.spec, old.spec), old.spec);
  if (!deepEqual(alignAmounts(comparable, old.spec), old.spec))
    checks.forbidden(
      specPath,
      `pod updates may not change fields other than ${updatable.join(",")}`,
    );
  return checks.errors;
}

/** False: their number changed, and nothing more can be compared. */
function sameContainers(
  checks: FieldChecks,
  { containers, before }: { containers: readonly Container[]; before: readonly Container[] },
  path: Path,
): boolean {
  if (containers.length !== before.length) {
    checks.forbidden(path, "pod updates may not add or remove containers");
    return false;
  }
  for (const [index, container] of containers.entries()) {
    checks.present(path.index(index).child("image"), container.image);
    imageWithoutBlanks(checks, container, path.index(index));
  }
  return true;
}

/** A deadline may come nearer, never go further or away. False: nothing more is looked at. */
function deadlineUpdate(checks: FieldChecks, spec: PodSpec, old: PodSpec): boolean {
  const path = specPath.child("activeDeadlineSeconds");
  const [now, before] = [spec.activeDeadlineSeconds, old.activeDeadlineSeconds];
  if (now === undefined) {
    if (before !== undefined)
      checks.invalid(path, null, "must not update from a positive integer to nil value");
    return true;
  }
  if (now < 0 || now > int32Max) checks.invalid(path, now, rangeSentence(0, int32Max));
  else if (before !== undefined && before < now)
    checks.invalid(path, now, "must be less than or equal to previous value");
  else return true;
  return false;
}

function tolerationUpdates(
  checks: FieldChecks,
  tolerations: readonly Toleration[],
  old: readonly Toleration[],
): void {
  const path = specPath.child("tolerations");
  const kept = ({ tolerationSeconds, ...rest }: Toleration): boolean =>
    tolerations.some(({ tolerationSeconds: _, ...other }) => deepEqual(other, rest));
  if (!old.every(kept))
    checks.forbidden(path, "existing toleration can not be modified except its tolerationSeconds");
  else validateTolerations(checks, tolerations, path);
}

function gateUpdates(checks: FieldChecks, spec: PodSpec, old: PodSpec): void {
  const known = new Set((old.schedulingGates ?? []).map(({ name }) => name));
  for (const [index, { name }] of (spec.schedulingGates ?? []).entries())
    if (!known.has(name))
      checks.forbidden(
        specPath.child("schedulingGates").index(index).child("name"),
        `only deletion is allowed, but found new scheduling gate '${name}'`,
      );
}

/** The new spec with the old one's values in every field that an update may change. */
function withUpdatables(spec: PodSpec, old: PodSpec): PodSpec {
  const withImages = (list: Container[] | undefined, before: Container[] | undefined) =>
    list?.map((container, index) => ({ ...container, image: before?.[index]?.image }));
  const becameOne =
    (old.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1;
  return {
    ...spec,
    containers: withImages(spec.containers, old.containers) ?? [],
    initContainers: withImages(spec.initContainers, old.initContainers),
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    schedulingGates: old.schedulingGates,
    tolerations: old.tolerations,
    terminationGracePeriodSeconds: becameOne
      ? old.terminationGracePeriodSeconds
      : spec.terminationGracePeriodSeconds,
  };
}
