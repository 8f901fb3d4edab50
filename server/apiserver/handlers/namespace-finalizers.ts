/** What a namespace waits for beside its metadata's finalizers. */
import type { Namespace } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";

export function isNamespace(object: KubeObject): object is Namespace {
  return object.kind === "Namespace" && object.apiVersion === "v1";
}

/** Empty for everything but a namespace. */
export function namespaceFinalizers(object: KubeObject): readonly string[] {
  return isNamespace(object) ? (object.spec?.finalizers ?? []) : [];
}
