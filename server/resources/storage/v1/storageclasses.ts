import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { validateDeclaredImmutable } from "#apimachinery/validate.ts";
import { type StorageClass, storageclasses } from "#gen/api/storage/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { outdatedLabel } from "#resources/warnings/node-labels.ts";
import { defaultClass, isDefaultClass } from "./default-class.ts";
import { validateParameters, validateProvisioner } from "./parameters.ts";
import { validateTopologyTerms } from "./topology-terms.ts";

const fixed = ["parameters", "provisioner", "reclaimPolicy", "volumeBindingMode"] as const;

function validate(storageClass: StorageClass): FieldError[] {
  const checks = new FieldChecks();
  const { provisioner, parameters = {}, reclaimPolicy, volumeBindingMode } = storageClass;
  const name = new Path("provisioner");
  if (checks.declared.present(name, provisioner))
    checks.add(validateProvisioner(provisioner, name));
  checks.add(validateParameters(parameters, new Path("parameters")));
  if (reclaimPolicy) checks.oneOf(new Path("reclaimPolicy"), reclaimPolicy, ["Delete", "Retain"]);
  const modePath = new Path("volumeBindingMode");
  if (volumeBindingMode === undefined) checks.required(modePath);
  else checks.oneOf(modePath, volumeBindingMode, ["Immediate", "WaitForFirstConsumer"]);
  checks.add(
    validateTopologyTerms(storageClass.allowedTopologies ?? [], new Path("allowedTopologies")),
  );
  return checks.errors;
}

/** Only a list tells which of several is the default. */
const isDefaultOf = (listed: readonly StorageClass[] = [], one: StorageClass): boolean =>
  isDefaultClass(one) && defaultClass(listed)?.metadata.name === one.metadata.name;

export const storageClassResource = defineResource<StorageClass>({
  ref: storageclasses,
  warnings: ({ allowedTopologies = [] }) =>
    allowedTopologies.flatMap(({ matchLabelExpressions = [] }, index) =>
      matchLabelExpressions.flatMap(({ key = "" }, position) => {
        const sentence = outdatedLabel(key);
        const place = `allowedTopologies[${index}].matchLabelExpressions[${position}].key`;
        return sentence === undefined ? [] : [`${place}: ${sentence}`];
      }),
    ),
  validate,
  validateUpdate: (object, old) => [
    ...validate(object),
    ...fixed.flatMap((field) =>
      validateDeclaredImmutable(object[field], old[field], new Path(field)),
    ),
  ],
  default: (storageClass) => {
    storageClass.reclaimPolicy ??= "Delete";
    storageClass.volumeBindingMode ??= "Immediate";
  },
  hasGeneration: false,
  cells: (object, context) => [
    isDefaultOf(context.listed, object)
      ? `${object.metadata.name} (default)`
      : object.metadata.name,
    object.provisioner,
    object.reclaimPolicy ?? "Delete",
    object.volumeBindingMode ?? "Immediate",
    object.allowVolumeExpansion ?? false,
    age(object, context),
  ],
});
