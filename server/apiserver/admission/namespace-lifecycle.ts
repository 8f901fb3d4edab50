/** Objects are made in namespaces that exist and are not going away; three namespaces stay for ever. */
import { ApiError, notFound } from "#apimachinery/status.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "#apiserver/attributes.ts";
import { getObject } from "#apiserver/object-reads.ts";
import { type Namespace, namespaces } from "#gen/api/core/v1.ts";
import { type AdmissionParts, isOf, refused } from "./admission-parts.ts";

const immortal: ReadonlySet<string> = new Set(["default", "kube-system", "kube-public"]);

/** Throws NotFound. */
function present(found: Namespace | undefined, name: string): Namespace {
  if (found === undefined) throw notFound({ group: "", resource: "namespaces", name });
  return found;
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
  const judge = (attributes: AdmissionAttributes, { status }: Namespace): void => {
    if (attributes.operation === "CREATE" && status?.phase === "Terminating")
      throw terminating(attributes);
  };
  const check = (attributes: AdmissionAttributes): void | Promise<void> => {
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
    const find = () => getObject(cache, namespaces, { name: namespace });
    const known = find();
    if (known !== undefined) return judge(attributes, known);
    // Another server may just have made it.
    return cache.fresh().then(() => judge(attributes, present(find(), namespace)));
  };
  return { name: "NamespaceLifecycle", mutate: check };
}
