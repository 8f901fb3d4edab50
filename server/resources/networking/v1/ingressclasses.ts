import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path, tooLong } from "#apimachinery/field-error.ts";
import { isDNS1123Label, validateImmutable } from "#apimachinery/validate.ts";
import { validateDomainPrefixedPath } from "#apimachinery/validate-names.ts";
import { type IngressClass, ingressclasses } from "#gen/api/networking/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { validateLocalReference } from "./local-reference.ts";

const specPath = new Path("spec");
const controllerPath = specPath.child("controller");
const controllerBytesMax = 250;

function validate({ spec }: IngressClass): FieldError[] {
  const checks = new FieldChecks();
  const { controller = "", parameters } = spec;
  if (controller.length > controllerBytesMax)
    checks.add([tooLong(controllerPath, controllerBytesMax)]);
  checks.add(validateDomainPrefixedPath(controllerPath, controller));
  if (parameters === undefined) return checks.errors;
  const path = specPath.child("parameters");
  checks.add(validateLocalReference(parameters, path));
  const { scope, namespace } = parameters;
  if (scope === undefined) {
    checks.required(path.child("scope"));
    return checks.errors;
  }
  checks.oneOf(path.child("scope"), scope, ["Cluster", "Namespace"]);
  const namespacePath = path.child("namespace");
  if (scope === "Namespace" && namespace === undefined)
    checks.required(namespacePath, "`parameters.scope` is set to 'Namespace'");
  else if (scope === "Namespace")
    checks.each(namespacePath, namespace, isDNS1123Label(namespace ?? ""));
  else if (scope === "Cluster" && namespace !== undefined)
    checks.forbidden(namespacePath, "`parameters.scope` is set to 'Cluster'");
  return checks.errors;
}

/** Ingresses that name no class get it. */
export const isDefaultClass = ({ metadata }: IngressClass): boolean =>
  metadata.annotations?.["ingressclass.kubernetes.io/is-default-class"] === "true";

export const ingressClassResource = defineResource<IngressClass>({
  ref: ingressclasses,
  default: ({ spec }) => {
    if (spec.parameters !== undefined) spec.parameters.scope ??= "Cluster";
  },
  validate,
  validateUpdate: (object, old) => [
    ...validateImmutable(object.spec.controller ?? "", old.spec.controller, controllerPath),
    ...validate(object),
  ],
  cells: (object, context) => {
    const { metadata, spec } = object;
    const { parameters } = spec;
    const group = parameters?.apiGroup === undefined ? "" : `.${parameters.apiGroup}`;
    return [
      isDefaultClass(object) ? `${metadata.name} (default)` : metadata.name,
      spec.controller ?? "",
      parameters === undefined ? "<none>" : `${parameters.kind}${group}/${parameters.name}`,
      age(object, context),
    ];
  },
});
