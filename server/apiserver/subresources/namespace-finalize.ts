/** namespaces/finalize: spec.finalizers and metadata, never the status; the namespace goes with the last of them. */

import { Path } from "#apimachinery/field-error.ts";
import { invalid } from "#apimachinery/status.ts";
import { isNamespace, namespaceFinalizers } from "#apiserver/handlers/namespace-finalizers.ts";
import { keepServersMetadata } from "#apiserver/strategy.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { namespaceResource, validateFinalizer } from "#resources/core/v1/namespaces.ts";
import { validateMetaUpdate } from "#resources/validate-meta.ts";
import { ownRules } from "./own-rules.ts";

function prepare(object: KubeObject, old: KubeObject): void {
  keepServersMetadata(object, old);
  if (!(isNamespace(object) && isNamespace(old))) return;
  const finalizers = [...namespaceFinalizers(object)];
  object.spec = { ...object.spec, finalizers: finalizers.length === 0 ? undefined : finalizers };
  object.status = old.status;
}

/** Throws Invalid. */
function check(object: KubeObject, old: KubeObject): void {
  const path = new Path("spec.finalizers");
  const names = namespaceFinalizers(object);
  const faults = [
    ...validateMetaUpdate(namespaceResource, object, old),
    ...names.flatMap((name, index) => validateFinalizer(name, path.index(index))),
  ];
  if (faults.length > 0)
    throw invalid({ group: "", kind: "Namespace" }, object.metadata.name, faults);
}

const { get: _, patch: __, ...writes } = ownRules({ prepare, check });

/** PUT alone, as upstream. */
export const namespaceFinalize = writes;
