/** The spec of a Pod, in Pods and in templates. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, notFoundValue, type Path } from "#apimachinery/field-error.ts";
import { isDNS1123Subdomain, isQualifiedName } from "#apimachinery/validate.ts";
import { validateAnnotations, validateLabels } from "#apimachinery/validate-object-meta.ts";
import type { PodSpec, PodTemplateSpec } from "#gen/api/core/v1.ts";
import type { ObjectMeta } from "#gen/api/meta/v1.ts";
import { eachContainer } from "./each-container.ts";
import { validateAffinity } from "./validate-affinity.ts";
import { podAnnotations, profileAnnotations } from "./validate-annotations.ts";
import { validateContainers } from "./validate-containers.ts";
import {
  validateDNS,
  validateHostAliases,
  validateHostNetwork,
  validateHostnames,
  validateHostUsers,
} from "./validate-network.ts";
import { validatePodResources, validateRequirements } from "./validate-resources.ts";
import {
  validateSchedulingGates,
  validateTolerations,
  validateTopologySpread,
} from "./validate-scheduling.ts";
import { podSecurity } from "./validate-security.ts";
import { validateVolumes } from "./validate-volumes.ts";
import { validateHostProcess, validateOS } from "./validate-windows.ts";

export interface SpecPlace {
  readonly path: Path;
  /** Of a Pod; a template has none. */
  readonly meta?: ObjectMeta;
}

const int32Max = 2 ** 31 - 1;
const restartPolicies = ["Always", "OnFailure", "Never"];
const preemptions = ["PreemptLowerPriority", "Never"];

export function validatePodSpec(spec: PodSpec, { path, meta }: SpecPlace): FieldError[] {
  const checks = new FieldChecks();
  const volumes = validateVolumes(checks, spec.volumes ?? [], {
    path: path.child("volumes"),
    meta,
  });
  const claimNames = new Set((spec.resourceClaims ?? []).map(({ name }) => name).filter(Boolean));
  resourceClaims(checks, spec, path.child("resourceClaims"));
  validateContainers(checks, { spec, volumes, claimNames, path });
  validatePodResources(checks, spec, { path: path.child("resources"), claimNames });
  validateHostNetwork(checks, spec, { path, isPod: meta !== undefined });
  checks.presentOneOf(path.child("restartPolicy"), spec.restartPolicy, restartPolicies, "as given");
  validateDNS(checks, spec, path);
  checks.add(validateLabels(spec.nodeSelector ?? {}, path.child("nodeSelector")));
  podSecurity(checks, spec, path.child("securityContext"));
  if (spec.shareProcessNamespace === true && spec.hostPID === true)
    checks.invalid(
      path.child("shareProcessNamespace"),
      true,
      "ShareProcessNamespace and HostPID cannot both be enabled",
    );
  validateAffinity(checks, spec.affinity, path.child("affinity"));
  for (const [index, { conditionType = "" }] of (spec.readinessGates ?? []).entries())
    checks.each(
      path.child("readinessGates").index(index).child("conditionType"),
      conditionType,
      isQualifiedName(conditionType),
    );
  validateSchedulingGates(checks, spec.schedulingGates ?? [], path.child("schedulingGates"));
  validateTopologySpread(
    checks,
    spec.topologySpreadConstraints ?? [],
    path.child("topologySpreadConstraints"),
  );
  validateHostProcess(checks, spec, path);
  validateHostUsers(checks, spec, path);
  validateHostnames(checks, spec, path);
  validateTolerations(checks, spec.tolerations ?? [], path.child("tolerations"));
  validateHostAliases(checks, spec.hostAliases ?? [], path.child("hostAliases"));
  references(checks, spec, path);
  if (spec.overhead !== undefined)
    validateRequirements(
      checks,
      { limits: spec.overhead },
      { path: path.child("overhead"), claimNames },
    );
  validateOS(checks, spec, path);
  fileKeyVolumes(checks, spec, path);
  return checks.errors;
}

/** Other objects, by name. */
function references(checks: FieldChecks, spec: PodSpec, path: Path): void {
  const {
    serviceAccountName = "",
    serviceAccount = "",
    activeDeadlineSeconds,
    preemptionPolicy,
  } = spec;
  if (serviceAccountName !== "")
    checks.subdomain(path.child("serviceAccountName"), serviceAccountName);
  if (serviceAccount !== serviceAccountName)
    checks.invalid(
      path.child("deprecatedServiceAccount"),
      serviceAccount,
      `must be the same as serviceAccountName: ${JSON.stringify(serviceAccountName)}`,
    );
  if (spec.nodeName) checks.subdomain(path.child("nodeName"), spec.nodeName);
  checks.between(path.child("activeDeadlineSeconds"), activeDeadlineSeconds, [1, int32Max]);
  if (spec.priorityClassName)
    checks.subdomain(path.child("priorityClassName"), spec.priorityClassName);
  if (spec.runtimeClassName !== undefined)
    checks.subdomain(path.child("runtimeClassName"), spec.runtimeClassName);
  if (preemptionPolicy !== undefined)
    checks.presentOneOf(path.child("preemptionPolicy"), preemptionPolicy, preemptions, "as given");
  const group = spec.schedulingGroup;
  if (group === undefined) return;
  const here = path.child("schedulingGroup");
  if (group.podGroupName === undefined)
    checks.invalid(here.child("podGroupName"), null, "must specify one of: `podGroupName`");
  else
    checks.each(
      here.child("podGroupName"),
      group.podGroupName,
      isDNS1123Subdomain(group.podGroupName),
    );
  if ((spec.evictionResponders ?? []).length > 0)
    checks.forbidden(here, "may not be set when evictionResponders is set");
}

function resourceClaims(checks: FieldChecks, spec: PodSpec, path: Path): void {
  const names = new Set<string>();
  for (const [index, claim] of (spec.resourceClaims ?? []).entries()) {
    const here = path.index(index);
    const { name = "", resourceClaimName, resourceClaimTemplateName } = claim;
    if (name === "") checks.required(here.child("name"));
    else if (names.has(name)) checks.duplicate(here.child("name"), name);
    else checks.label(here.child("name"), name);
    names.add(name);
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined)
      checks.invalid(
        here,
        claim,
        "at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified",
      );
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined)
      checks.invalid(
        here,
        claim,
        "must specify one of: `resourceClaimName`, `resourceClaimTemplateName`",
      );
    checks.subdomain(here.child("resourceClaimName"), resourceClaimName);
    checks.subdomain(here.child("resourceClaimTemplateName"), resourceClaimTemplateName);
  }
}

/** A variable read from a file needs a volume that containers can write. */
function fileKeyVolumes(checks: FieldChecks, spec: PodSpec, path: Path): void {
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]));
  for (const { container, path: here } of eachContainer(spec, path))
    for (const [index, { valueFrom }] of (container.env ?? []).entries()) {
      const name = valueFrom?.fileKeyRef?.volumeName;
      if (name === undefined) continue;
      const place = here.child("env").index(index).child("valueFrom", "fileKeyRef", "volumeName");
      const volume = volumes.get(name);
      if (volume === undefined) checks.add([notFoundValue(place, name)]);
      else if (volume.emptyDir === undefined)
        checks.invalid(place, name, "referenced volume must be of type emptyDir");
    }
}

export function validatePodTemplate(template: PodTemplateSpec, path: Path): FieldError[] {
  const checks = new FieldChecks();
  const { metadata, spec } = template;
  const annotations = metadata?.annotations ?? {};
  checks.add(validateLabels(metadata?.labels ?? {}, path.child("labels")));
  checks.add(validateAnnotations(annotations, path.child("annotations")));
  const given = spec ?? { containers: [] };
  podAnnotations(checks, { annotations, spec: given }, path.child("annotations"));
  checks.add(validatePodSpec(given, { path: path.child("spec") }));
  profileAnnotations(checks, { annotations, spec: given }, path.child("spec"));
  if ((given.ephemeralContainers ?? []).length > 0)
    checks.forbidden(
      path.child("spec", "ephemeralContainers"),
      "ephemeral containers not allowed in pod template",
    );
  return checks.errors;
}
