import { FieldChecks } from "#apimachinery/field-checks.ts";
import type { FieldError, Path } from "#apimachinery/field-error.ts";
import { validateImmutable } from "#apimachinery/validate.ts";
import type { StatefulSet, StatefulSetSpec, StatefulSetUpdateStrategy } from "#gen/api/apps/v1.ts";
import type { PodTemplateSpec } from "#gen/api/core/v1.ts";
import { claimSpec } from "#resources/core/v1/claim-spec.ts";
import { checkCollisionCount } from "./collision-count.ts";
import { validateReplicaCounts } from "./replica-counts.ts";
import {
  atMostAll,
  intOrPercent,
  intOrPercentValue,
  specPath,
  validateTemplated,
} from "./template-validation.ts";

export const validateStatefulSet = (statefulSet: StatefulSet): FieldError[] =>
  validateSpec(statefulSet, true).errors;

/** What an update cannot change is judged of a new one alone: the templates of claims, the name of the Service. */
function validateSpec({ spec }: StatefulSet, isNew: boolean): FieldChecks {
  const checks = new FieldChecks();
  const policyPath = specPath.child("podManagementPolicy");
  if (spec.podManagementPolicy !== "OrderedReady" && spec.podManagementPolicy !== "Parallel")
    checks.invalid(policyPath, spec.podManagementPolicy, "must be 'OrderedReady' or 'Parallel'");
  validateStrategy(checks, spec.updateStrategy ?? {}, specPath.child("updateStrategy"));
  const retention = spec.persistentVolumeClaimRetentionPolicy;
  for (const when of ["whenDeleted", "whenScaled"] as const)
    checks.oneOf(
      specPath.child("persistentVolumeClaimRetentionPolicy", when),
      retention?.[when],
      ["Retain", "Delete"],
      "as given",
    );
  const claimsPath = specPath.child("volumeClaimTemplates");
  if (isNew)
    for (const [index, claim] of (spec.volumeClaimTemplates ?? []).entries())
      claimSpec(checks, claim.spec, claimsPath.index(index).child("spec"));
  checks.notNegative(specPath.child("replicas"), spec.replicas);
  checks.notNegative(specPath.child("minReadySeconds"), spec.minReadySeconds);
  checks.notNegative(specPath.child("ordinals.start"), spec.ordinals?.start);
  if (isNew && spec.serviceName) checks.label(specPath.child("serviceName"), spec.serviceName);
  validateTemplated(checks, {
    selector: spec.selector,
    template: mountable(spec),
    kind: "statefulset",
  });
  return checks;
}

/** The template as each Pod will have it: with its own claims as volumes, and a host name of its own. */
function mountable({ template, volumeClaimTemplates }: StatefulSetSpec): PodTemplateSpec {
  if (template.spec === undefined) return template;
  const claims = new Map(
    (volumeClaimTemplates ?? []).map(({ metadata }) => {
      const name = metadata?.name ?? "";
      return [name, { name, persistentVolumeClaim: { claimName: name } }] as const;
    }),
  );
  const others = (template.spec.volumes ?? []).filter(({ name }) => !claims.has(name));
  const { subdomain, hostname, ...spec } = template.spec;
  return { ...template, spec: { ...spec, volumes: [...claims.values(), ...others] } };
}

function validateStrategy(
  checks: FieldChecks,
  { type, rollingUpdate }: StatefulSetUpdateStrategy,
  path: Path,
): void {
  if (type !== "RollingUpdate" && type !== "OnDelete") {
    checks.invalid(path, type, "must be 'RollingUpdate' or 'OnDelete'");
    return;
  }
  if (rollingUpdate === undefined) return;
  const here = path.child("rollingUpdate");
  if (type === "OnDelete") {
    checks.invalid(here, rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'");
    return;
  }
  checks.notNegative(here.child("partition"), rollingUpdate.partition);
  const { maxUnavailable } = rollingUpdate;
  if (maxUnavailable === undefined) return;
  const maxPath = here.child("maxUnavailable");
  intOrPercent(checks, maxPath, maxUnavailable);
  if (intOrPercentValue(maxUnavailable) === 0)
    checks.invalid(maxPath, maxUnavailable, "cannot be 0");
  atMostAll(checks, maxPath, maxUnavailable);
}

const fixed = ["selector", "volumeClaimTemplates", "serviceName", "podManagementPolicy"] as const;

/** A claim of a template says of what kind it is only where it is shown. */
const asJudged = ({ spec }: StatefulSet) => ({
  ...spec,
  volumeClaimTemplates: spec.volumeClaimTemplates?.map(({ metadata, spec, status }) => ({
    metadata,
    spec,
    status,
  })),
});

export function validateStatefulSetUpdate(
  statefulSet: StatefulSet,
  old: StatefulSet,
): FieldError[] {
  const [spec, before] = [asJudged(statefulSet), asJudged(old)];
  return [
    ...validateSpec(statefulSet, false).errors,
    ...fixed.flatMap((field) =>
      validateImmutable(spec[field], before[field], specPath.child(field)),
    ),
  ];
}

export function validateStatefulSetStatus({ status }: StatefulSet, old: StatefulSet): FieldError[] {
  const parts = ["readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"];
  const checks = validateReplicaCounts(status ?? {}, parts, "status.readyReplicas");
  checkCollisionCount(checks, status, old.status);
  return checks.errors;
}
