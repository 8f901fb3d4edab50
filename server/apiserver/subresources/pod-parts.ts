/** pods/ephemeralcontainers and pods/resize: one part of a running pod's spec. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { FieldError } from "#apimachinery/field-error.ts";
import { invalid } from "#apimachinery/status.ts";
import type { Container, Pod, PodSpec } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { defaultPodLevelResources } from "#resources/core/v1/pod-spec/pod-level-resources.ts";
import { validateEphemeralContainers } from "#resources/core/v1/pod-spec/validate-ephemeral.ts";
import { validatePodResize } from "#resources/core/v1/pod-spec/validate-resize.ts";
import { podResource } from "#resources/core/v1/pods.ts";
import { validateMetaUpdate } from "#resources/validate-meta.ts";
import { keepAllBut, ownRules } from "./own-rules.ts";

/** The endpoint is that of pods. */
const podOf = (object: KubeObject): Pod => object as Pod;

function checked(judge: (pod: Pod, old: Pod) => readonly FieldError[]) {
  return (object: KubeObject, old: KubeObject): void => {
    const meta = validateMetaUpdate(podResource, object, old);
    const errors = [...meta, ...judge(podOf(object), podOf(old))];
    if (errors.length > 0) throw invalid({ group: "", kind: "Pod" }, object.metadata.name, errors);
  };
}

/** Makes `object` the stored pod with another spec, whose generation counts up when it differs. */
function keepAllButSpec(object: KubeObject, old: KubeObject, spec: PodSpec): void {
  keepAllBut(object, old, { spec });
  if (!deepEqual(spec, podOf(old).spec))
    object.metadata.generation = (old.metadata.generation ?? 0) + 1;
}

export const ephemeralContainers = ownRules({
  prepare(object, old) {
    const { ephemeralContainers: containers } = podOf(object).spec;
    keepAllButSpec(object, old, { ...podOf(old).spec, ephemeralContainers: containers });
  },
  check: checked(validateEphemeralContainers),
});

/** undefined: other containers than before, which no resize makes. */
function resized(
  before: readonly Container[] | undefined,
  after: readonly Container[] | undefined,
): Container[] | undefined {
  const wanted = after ?? [];
  const same = before?.every(({ name }, index) => wanted[index]?.name === name) !== false;
  if (!same || wanted.length !== (before ?? []).length) return undefined;
  return (before ?? []).map((container, index) => {
    const { resources, resizePolicy } = wanted[index] ?? {};
    return { ...container, resources, resizePolicy };
  });
}

/** The stored spec with what a resize may change. */
function resizedSpec(spec: PodSpec, before: PodSpec): PodSpec {
  const containers = resized(before.containers, spec.containers) ?? spec.containers;
  const initContainers =
    before.initContainers === undefined && spec.initContainers === undefined
      ? undefined
      : (resized(before.initContainers, spec.initContainers) ?? spec.initContainers);
  const resources = spec.resources ?? structuredClone(before.resources);
  const made = { ...before, containers, initContainers, resources };
  defaultPodLevelResources(made);
  return made;
}

export const resize = ownRules({
  prepare(object, old) {
    keepAllButSpec(object, old, resizedSpec(podOf(object).spec, podOf(old).spec));
  },
  check: checked(validatePodResize),
});
