import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { isDNS1123Label, validateDeclaredImmutable } from "#apimachinery/validate.ts";
import { validateLabels } from "#apimachinery/validate-object-meta.ts";
import { type RuntimeClass, runtimeclasses } from "#gen/api/node/v1.ts";
import { age } from "#resources/cells.ts";
import { validateRequirements } from "#resources/core/v1/pod-spec/validate-resources.ts";
import { validateTolerations } from "#resources/core/v1/pod-spec/validate-scheduling.ts";
import { defineResource } from "#resources/resource.ts";
import { selectorWarnings } from "#resources/warnings/node-labels.ts";

function validate({ handler, overhead, scheduling }: RuntimeClass): FieldError[] {
  const checks = new FieldChecks();
  const handlerPath = new Path("handler");
  if (checks.declared.present(handlerPath, handler))
    checks.declared.each(handlerPath, handler, isDNS1123Label(handler));
  if (overhead !== undefined)
    validateRequirements(
      checks,
      { limits: overhead.podFixed },
      { path: new Path("overhead"), claimNames: new Set() },
    );
  if (scheduling === undefined) return checks.errors;
  const path = new Path("scheduling");
  const { nodeSelector = {}, tolerations = [] } = scheduling;
  checks.add(validateLabels(nodeSelector, path.child("nodeSelector")));
  const tolerationsPath = path.child("tolerations");
  validateTolerations(checks, tolerations, tolerationsPath);
  const seen = new Set<string>();
  for (const [index, { tolerationSeconds: _, ...toleration }] of tolerations.entries()) {
    const { key = "", operator = "", value = "", effect = "" } = toleration;
    const identity = JSON.stringify([key, operator, value, effect]);
    if (seen.has(identity)) checks.duplicate(tolerationsPath.index(index), toleration);
    seen.add(identity);
  }
  return checks.errors;
}

export const runtimeClassResource = defineResource<RuntimeClass>({
  ref: runtimeclasses,
  metaRules: { anyFinalizers: true },
  warnings: ({ scheduling }) =>
    selectorWarnings(scheduling?.nodeSelector, () => new Path("scheduling.nodeSelector")),
  validate,
  validateUpdate: (object, old) => [
    ...validateDeclaredImmutable(object.handler, old.handler, new Path("handler")),
    ...validate(object),
  ],
  hasGeneration: false,
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: true,
  cells: (object, context) => [object.metadata.name, object.handler, age(object, context)],
});
