import { type FieldError, invalidValue, Path } from "#apimachinery/field-error.ts";
import { invalidEach, isDNS1123Label, isQualifiedName } from "#apimachinery/validate.ts";
import { type Namespace, namespaces } from "#gen/api/core/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { validateFinalizerName } from "#resources/validate-meta.ts";

const kubernetesFinalizer = "kubernetes";
const nameLabel = "kubernetes.io/metadata.name";

/** The name is a label too, so that selectors can name namespaces. */
const labelName = ({ metadata }: Namespace): void => {
  if (metadata.name) metadata.labels = { ...metadata.labels, [nameLabel]: metadata.name };
};

/** Of spec.finalizers. */
export function validateFinalizer(name: string, path: Path): FieldError[] {
  return [...invalidEach(path, name, isQualifiedName(name)), ...validateFinalizerName(name, path)];
}

export const namespaceResource = defineResource<Namespace>({
  ref: namespaces,
  validate: ({ spec }) => {
    const path = new Path("spec.finalizers");
    return (spec?.finalizers ?? []).flatMap((name) => validateFinalizer(name, path));
  },
  validateStatusUpdate: ({ metadata, status }) => {
    const wanted = metadata.deletionTimestamp === undefined ? "Active" : "Terminating";
    if (status?.phase === wanted) return [];
    const state = wanted === "Active" ? "empty" : "not empty";
    const sentence = `may only be '${wanted}' if \`deletionTimestamp\` is ${state}`;
    return [invalidValue(new Path("status.Phase"), status?.phase, sentence)];
  },
  hasGeneration: false,
  validateName: isDNS1123Label,
  default: labelName,
  prepareForCreate: (namespace) => {
    // A generated name is labelled once it is found good; one that was given is labelled by the defaults.
    if (isDNS1123Label(namespace.metadata.name ?? "").length === 0) labelName(namespace);
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
