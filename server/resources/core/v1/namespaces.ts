import { isDNS1123Label } from "#apimachinery/validate.ts";
import { type Namespace, namespaces } from "#gen/api/core/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

const kubernetesFinalizer = "kubernetes";
const nameLabel = "kubernetes.io/metadata.name";

/** The name is a label too, so that selectors can name namespaces. */
const labelName = ({ metadata }: Namespace): void => {
  metadata.labels = { ...metadata.labels, [nameLabel]: metadata.name };
};

export const namespaceResource = defineResource<Namespace>({
  ref: namespaces,
  hasGeneration: false,
  validateName: isDNS1123Label,
  prepareForCreate: (namespace) => {
    labelName(namespace);
    namespace.status = { phase: "Active" };
    namespace.spec ??= {};
    const finalizers = namespace.spec.finalizers ?? [];
    if (!finalizers.includes(kubernetesFinalizer))
      namespace.spec.finalizers = [...finalizers, kubernetesFinalizer];
  },
  prepareForUpdate: (namespace, old) => {
    labelName(namespace);
    // Only namespaces/finalize changes spec.finalizers.
    namespace.spec = { ...namespace.spec, finalizers: old.spec?.finalizers };
    namespace.status = old.status;
  },
  selectableFields: ({ metadata, status }) => ({
    "status.phase": status?.phase ?? "",
    name: metadata.name,
  }),
  cells: (object, context) => [
    object.metadata.name,
    object.status?.phase ?? "",
    age(object, context),
  ],
});
