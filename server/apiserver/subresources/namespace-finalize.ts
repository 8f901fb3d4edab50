/** namespaces/finalize: only spec.finalizers; the namespace goes with the last of them. */

import { isNamespace, namespaceFinalizers } from "#apiserver/handlers/namespace-finalizers.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { keepAllBut, ownRules } from "./own-rules.ts";

function prepare(object: KubeObject, old: KubeObject): void {
  const finalizers = [...namespaceFinalizers(object)];
  const spec = isNamespace(old) ? old.spec : {};
  const kept = finalizers.length === 0 ? undefined : finalizers;
  keepAllBut(object, old, { spec: { ...spec, finalizers: kept } });
}

const { get: _, patch: __, ...writes } = ownRules({ prepare });

/** PUT alone, as upstream. */
export const namespaceFinalize = writes;
