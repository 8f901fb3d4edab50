/** What happens between strategy and validation in the API server, where validation depends on it: Service addresses. */
import type { FieldError } from "#apimachinery/field-error.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";

export function allocate(_object: KubeObject, _old: KubeObject | undefined): FieldError[] {
  return [];
}
