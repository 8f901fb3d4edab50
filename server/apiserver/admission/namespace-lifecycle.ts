/** Objects are made in namespaces that exist and are not going away; three namespaces stay for ever. */
import { ApiError, notFound } from "#apimachinery/status.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "#apiserver/attributes.ts";
import { getObject } from "#apiserver/object-reads.ts";
import { type Namespace, namespaces } from "#gen/api/core/v1.ts";
import { type AdmissionParts, isOf, refused } from "./admission-parts.ts";

const immortal: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public"]);

async function namespaceOf(
  cache: AdmissionParts["cache"],
  name: string,
): Promise<Namespace | undefined> {
  const known = getObject(cache, namespaces, { name });
  if (known !== undefined) return known;
  // Another server may just have made it.
  await cache.fresh();
  return getObject(cache, namespaces, { name });
}

function terminating(attributes: AdmissionAttributes): ApiError {
  const { namespace } = attributes;
  const { status } = refused(
    attributes,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  );
  const cause = {
    reason: "NamespaceTerminating",
    message: `namespace ${namespace} is being terminated`,
    field: "metadata.namespace",
  };
  return new ApiError({ ...status, details: { ...status.details, causes: [cause] } });
}

export function namespaceLifecycle({ cache }: AdmissionParts): AdmissionPlugin {
  const check = async (attributes: AdmissionAttributes): Promise<void> => {
    const { operation, namespace, name } = attributes;
    if (isOf(attributes, namespaces)) {
      if (operation === "DELETE" && attributes.subresource === "" && immortal.has(name)) {
        throw refused(attributes, "this namespace may not be deleted");
      }
      return;
    }
    if (namespace === "" || (operation !== "CREATE" && operation !== "UPDATE")) return;
    // A question about access stores nothing.
    if (attributes.resource.ref.group === "authorization.k8s.io") return;
    const found = await namespaceOf(cache, namespace);
    if (found === undefined) throw notFound({ group: "", resource: "namespaces", name: namespace });
    if (operation === "CREATE" && found.status?.phase === "Terminating") {
      throw terminating(attributes);
    }
  };
  return { name: "NamespaceLifecycle", mutate: check };
}
