/** Warnings about what is made from a template: its name, and the template itself. */
import { Path } from "#apimachinery/field-error.ts";
import { isDNS1123Label } from "#apimachinery/validate.ts";
import type { PodTemplateSpec } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { templateWarnings } from "./pod-template.ts";

/** A name that cannot be a host's. */
export function nameWarnings({ metadata }: KubeObject, usedIn: string): string[] {
  const faults = isDNS1123Label(metadata.name);
  if (faults.length === 0) return [];
  return [
    `metadata.name: this is used in ${usedIn}, which can result in surprising behavior; a DNS label is recommended: [${faults.join(" ")}]`,
  ];
}

interface Templated extends KubeObject {
  readonly spec: { readonly template?: PodTemplateSpec | undefined };
}

/** Of an update only where something was changed. */
export function workloadWarnings(
  object: Templated,
  old: Templated | undefined,
  { isNamed }: { readonly isNamed: boolean },
): string[] {
  if (old !== undefined && old.metadata.generation === object.metadata.generation) return [];
  const named = isNamed && old === undefined ? nameWarnings(object, "Pod names and hostnames") : [];
  return [...named, ...templateWarnings(object.spec.template, new Path("spec.template"))];
}
