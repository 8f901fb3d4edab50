/** What a Pod may read of itself: its own fields, and its containers' resources. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";
import { canonicalQuantity, quantitySign } from "#apimachinery/quantity.ts";
import { isQualifiedName } from "#apimachinery/validate.ts";
import type { ObjectFieldSelector, ResourceFieldSelector } from "#gen/api/core/v1.ts";

/** Fields that a volume's file can hold. */
export const volumeFields: readonly string[] = [
  "metadata.name",
  "metadata.namespace",
  "metadata.labels",
  "metadata.annotations",
  "metadata.uid",
];

/** Fields that an environment variable can hold. */
export const environmentFields: readonly string[] = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];

/** Field labels that upstream's conversion knows; anything else is no field at all. */
const known = new Set([
  ...volumeFields,
  ...environmentFields,
  "spec.restartPolicy",
  "spec.schedulerName",
  "status.phase",
  "spec.host",
]);

const subscripted = /^(metadata\.(?:annotations|labels))\['(.*)'\]$/s;
const anySubscript = /^(.*)\['(.*)'\]$/s;

export function objectField(
  checks: FieldChecks,
  { apiVersion, fieldPath }: ObjectFieldSelector,
  { path, fields }: { path: Path; fields: readonly string[] },
): void {
  if (!checks.present(path.child("apiVersion"), apiVersion)) return;
  if (!checks.present(path.child("fieldPath"), fieldPath)) return;
  const match = subscripted.exec(fieldPath);
  if (apiVersion !== "v1" || (match === null && !known.has(fieldPath))) {
    const why = anySubscript.test(fieldPath) ? "does not support subscript" : "is not supported";
    const sentence = `error converting fieldPath: field label ${why}: ${fieldPath}`;
    checks.invalid(path.child("fieldPath"), fieldPath, sentence);
    return;
  }
  if (match !== null) {
    const [, list = "", key = ""] = match;
    checks.each(
      path,
      key,
      isQualifiedName(list === "metadata.annotations" ? key.toLowerCase() : key),
    );
    return;
  }
  checks.oneOf(
    path.child("fieldPath"),
    fieldPath === "spec.host" ? "spec.nodeName" : fieldPath,
    fields,
  );
}

const resources = ["cpu", "memory", "ephemeral-storage"].flatMap((name) => [
  `limits.${name}`,
  `requests.${name}`,
]);
const hugePages = /^(requests|limits)\.hugepages-/;

const cpuDivisors = ["1m", "1"];
const byteDivisors = [
  "1",
  "1k",
  "1M",
  "1G",
  "1T",
  "1P",
  "1E",
  "1Ki",
  "1Mi",
  "1Gi",
  "1Ti",
  "1Pi",
  "1Ei",
];

/** A volume's file must name the container (`named`); an environment variable means its own. */
export function containerResource(
  checks: FieldChecks,
  { containerName, resource = "", divisor = "0" }: ResourceFieldSelector,
  { path, named }: { path: Path; named: boolean },
): void {
  if (!named || checks.present(path.child("containerName"), containerName)) {
    if (checks.present(path.child("resource"), resource) && !hugePages.test(resource))
      checks.oneOf(path.child("resource"), resource, resources);
  }
  if (quantitySign(divisor) === 0) return;
  const kind = resource.split(".").slice(1).join(".");
  const allowed = kind === "cpu" ? cpuDivisors : byteDivisors;
  const judged = resources.includes(resource) || hugePages.test(resource);
  if (judged && !allowed.includes(canonicalQuantity(divisor)))
    checks.invalid(
      path.child("divisor"),
      resource,
      `only divisor's values ${allowed.join(", ")} are supported with the ${kind} resource`,
    );
}
