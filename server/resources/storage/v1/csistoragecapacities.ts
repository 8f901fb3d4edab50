import { FieldChecks } from "#apimachinery/field-checks.ts";
import { Path } from "#apimachinery/field-error.ts";
import { isDNS1123Subdomain, validateImmutable } from "#apimachinery/validate.ts";
import { type CSIStorageCapacity, csistoragecapacities } from "#gen/api/storage/v1.ts";
import { defineResource } from "#resources/resource.ts";
import { validateLabelSelector } from "#resources/validate-selector.ts";

const topologyPath = new Path("nodeTopology");
const classPath = new Path("storageClassName");

function check(object: CSIStorageCapacity, anyValues: boolean): FieldChecks {
  const checks = new FieldChecks();
  const { nodeTopology, storageClassName = "", capacity } = object;
  checks.add(validateLabelSelector(nodeTopology, topologyPath, { anyValues }));
  checks.each(classPath, storageClassName, isDNS1123Subdomain(storageClassName));
  if (capacity !== undefined) checks.notNegativeQuantity(new Path("capacity"), capacity);
  return checks;
}

export const csiStorageCapacityResource = defineResource<CSIStorageCapacity>({
  ref: csistoragecapacities,
  validate: (object) => check(object, false).errors,
  validateUpdate: (object, old) => {
    const kept = validateLabelSelector(old.nodeTopology, topologyPath).length > 0;
    const checks = check(object, kept);
    checks.add(validateImmutable(object.nodeTopology, old.nodeTopology, topologyPath));
    checks.add(validateImmutable(object.storageClassName, old.storageClassName, classPath));
    return checks.errors;
  },
  hasGeneration: false,
  allowUnconditionalUpdate: false,
});
