/** pods/ephemeralcontainers and pods/resize: one part of a running pod's spec. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { type FieldError, forbiddenField, Path } from "#apimachinery/field-error.ts";
import { invalid } from "#apimachinery/status.ts";
import type { Container, Pod } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { keepAllBut, ownRules } from "./own-rules.ts";

/** The endpoint is that of pods. */
const specOf = (object: KubeObject): Pod["spec"] => (object as Pod).spec;

function refuse(pod: KubeObject, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: "", kind: "Pod" }, pod.metadata.name, errors);
}

export const ephemeralContainers = ownRules({
  prepare(object, old) {
    const { ephemeralContainers: containers } = specOf(object);
    keepAllBut(object, old, { spec: { ...specOf(old), ephemeralContainers: containers } });
  },
  check(object, old) {
    const path = new Path("spec").child("ephemeralContainers");
    const now = specOf(object).ephemeralContainers ?? [];
    const errors: FieldError[] = [];
    for (const before of specOf(old).ephemeralContainers ?? []) {
      const after = now.find(({ name }) => name === before.name);
      const name = JSON.stringify(before.name);
      if (after === undefined) {
        errors.push(
          forbiddenField(path, `existing ephemeral containers ${name} may not be removed`),
        );
      } else if (!deepEqual(before, after)) {
        errors.push(
          forbiddenField(path, `existing ephemeral containers ${name} may not be changed`),
        );
      }
    }
    refuse(object, errors);
  },
});

function resized(before: readonly Container[], after: readonly Container[]): Container[] {
  return before.map((container) => {
    const wanted = after.find(({ name }) => name === container.name);
    if (wanted === undefined) return container;
    return { ...container, resources: wanted.resources, resizePolicy: wanted.resizePolicy };
  });
}

export const resize = ownRules({
  prepare(object, old) {
    const [before, after] = [specOf(old), specOf(object)];
    const initContainers =
      before.initContainers && resized(before.initContainers, after.initContainers ?? []);
    const containers = resized(before.containers, after.containers);
    const raised = !deepEqual(containers, before.containers);
    keepAllBut(object, old, { spec: { ...before, containers, initContainers } });
    if (raised) object.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
});
