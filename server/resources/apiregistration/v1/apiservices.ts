import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import {
  isDNS1035Label,
  isDNS1123Subdomain,
  isPathSegmentName,
  isPortNumber,
} from "#apimachinery/validate.ts";
import { type APIService, apiservices } from "#gen/api/apiregistration/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import { validateConditionStatuses } from "#resources/validate-conditions.ts";

const specPath = new Path("spec");
const groupPriorityMax = 20_000;
const versionPriorityMax = 1000;

function validate({ spec }: APIService): FieldError[] {
  const checks = new FieldChecks();
  const { group = "", version = "", groupPriorityMinimum = 0, versionPriority = 0 } = spec ?? {};
  if (group === "" && version !== "v1")
    checks.required(
      specPath.child("group"),
      "only v1 may have an empty group and it better be legacy kube",
    );
  if (group !== "") checks.each(specPath.child("group"), group, isDNS1123Subdomain(group));
  checks.each(specPath.child("version"), version, isDNS1035Label(version));
  const priorities = [
    ["groupPriorityMinimum", groupPriorityMinimum, groupPriorityMax],
    ["versionPriority", versionPriority, versionPriorityMax],
  ] as const;
  for (const [field, value, max] of priorities)
    if (value <= 0 || value > max)
      checks.invalid(specPath.child(field), value, `must be positive and less than ${max}`);
  validateBackend(checks, spec);
  return checks.errors;
}

function nameFaults(name: string, { spec }: APIService): readonly string[] {
  const faults = isPathSegmentName(name);
  const wanted = `${spec?.version ?? ""}.${spec?.group ?? ""}`;
  if (faults.length > 0 || name === wanted) return faults;
  return [`must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`];
}

function validateBackend(checks: FieldChecks, spec: APIService["spec"]): void {
  const { service, caBundle = "", insecureSkipTLSVerify = false } = spec ?? {};
  const insecurePath = specPath.child("insecureSkipTLSVerify");
  if (service === undefined) {
    const sentence = "local APIServices may not have";
    if (caBundle !== "")
      checks.invalid(specPath.child("caBundle"), caBundle, `${sentence} a caBundle`);
    if (insecureSkipTLSVerify)
      checks.invalid(insecurePath, true, `${sentence} insecureSkipTLSVerify`);
    return;
  }
  const { namespace, name, port = 0 } = service;
  const path = specPath.child("service");
  checks.present(path.child("namespace"), namespace);
  checks.present(path.child("name"), name);
  const faults = isPortNumber(port);
  if (faults.length > 0)
    checks.invalid(path.child("port"), port, `port is not valid: ${faults.join(", ")}`);
  if (insecureSkipTLSVerify && caBundle !== "")
    checks.invalid(insecurePath, true, "may not be true if caBundle is present");
}

export const apiServiceResource = defineResource<APIService>({
  ref: apiservices,
  validateName: nameFaults,
  metaRules: { anyFinalizers: true },
  validate,
  validateUpdate: validate,
  validateStatusUpdate: ({ status }) => validateConditionStatuses(status?.conditions),
  default: ({ spec }) => {
    if (spec?.service !== undefined) spec.service.port ??= 443;
  },
  prepareForCreate: (object) => {
    object.status = {};
  },
  prepareForUpdate: keepStatus,
  hasGeneration: false,
  allowUnconditionalUpdate: false,
  cells: (object, context) => {
    const service = object.spec?.service;
    const available = object.status?.conditions?.find(({ type }) => type === "Available");
    const verdict = available?.status ?? "Unknown";
    const reason = available?.reason ?? "";
    return [
      object.metadata.name,
      service === undefined ? "Local" : `${service.namespace ?? ""}/${service.name ?? ""}`,
      verdict === "True" || reason === "" ? verdict : `${verdict} (${reason})`,
      age(object, context),
    ];
  },
});
