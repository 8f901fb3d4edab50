import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { validateImmutable } from "#apimachinery/validate.ts";
import { type PriorityClass, priorityclasses } from "#gen/api/scheduling/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

const systemPrefix = "system-";
const systemClasses: Readonly<Record<string, number>> = {
  "system-node-critical": 2_000_001_000,
  "system-cluster-critical": 2_000_000_000,
};
/** Above it only the system's own classes are. */
const userPriorityMax = 1_000_000_000;

function systemFault({ metadata, value = 0, globalDefault = false }: PriorityClass): string {
  const { name } = metadata;
  const wanted = systemClasses[name];
  if (wanted === undefined) return `${name} is not a known system priority class`;
  if (value !== wanted) return `value of ${name} PriorityClass must be ${wanted}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : "";
}

function validate(priorityClass: PriorityClass): FieldError[] {
  const checks = new FieldChecks();
  const { metadata, value = 0, preemptionPolicy } = priorityClass;
  if (metadata.name.startsWith(systemPrefix)) {
    const fault = systemFault(priorityClass);
    if (fault !== "")
      checks.forbidden(
        new Path("metadata.name"),
        `priority class names with '${systemPrefix}' prefix are reserved for system use only. error: ${fault}`,
      );
  } else if (value > userPriorityMax)
    checks.forbidden(
      new Path("value"),
      `maximum allowed value of a user defined priority is ${userPriorityMax}`,
    );
  const policyPath = new Path("preemptionPolicy");
  if (preemptionPolicy !== undefined)
    checks.presentOneOf(policyPath, preemptionPolicy, ["Never", "PreemptLowerPriority"]);
  return checks.errors;
}

export const priorityClassResource = defineResource<PriorityClass>({
  ref: priorityclasses,
  validate,
  validateUpdate: (object, old) => {
    const checks = new FieldChecks();
    if ((object.value ?? 0) !== (old.value ?? 0))
      checks.forbidden(new Path("value"), "may not be changed in an update.");
    const [policy, before] = [object.preemptionPolicy, old.preemptionPolicy];
    checks.add(validateImmutable(policy, before, new Path("preemptionPolicy")));
    return checks.errors;
  },
  metaRules: { wholeOnUpdate: false },
  raisesGeneration: () => false,
  default: (priorityClass) => {
    priorityClass.preemptionPolicy ??= "PreemptLowerPriority";
  },
  cells: (object, context) => [
    object.metadata.name,
    object.value ?? 0,
    object.globalDefault ?? false,
    age(object, context),
    object.preemptionPolicy ?? "",
  ],
});
