/** Validation of a Node. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { parseCIDR, validateCIDR } from "#apimachinery/ip.ts";
import { isLabelValue, isQualifiedName } from "#apimachinery/validate.ts";
import type { Node, Taint } from "#gen/api/core/v1.ts";
import { resourceAmount } from "./pod-spec/validate-resources.ts";
import { taintEffects } from "./pod-spec/validate-scheduling.ts";

const cidrsPath = new Path("spec.podCIDRs");
const statusPath = new Path("status");
/** Upstream reports taints there. */
const taintsPath = new Path("metadata.taints");
const featurePattern = /^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z0-9]+)*$/;

function validateTaints(checks: FieldChecks, taints: readonly Taint[]): void {
  const seen = new Set<string>();
  for (const [index, taint] of taints.entries()) {
    const { key = "", value = "", effect } = taint;
    const path = taintsPath.index(index);
    checks.each(path.child("key"), key, isQualifiedName(key));
    const sentences = isLabelValue(value);
    if (sentences.length > 0) checks.invalid(path.child("value"), value, sentences.join(";"));
    checks.presentOneOf(path.child("effect"), effect, taintEffects, "as given");
    if (seen.has(`${key}/${effect}`))
      checks.duplicate(path, taint, "taints must be unique by key and effect pair");
    seen.add(`${key}/${effect}`);
  }
}

/** As upstream spells it where there is no name. */
const amountPath = (list: string, name: string): Path =>
  name === "" ? statusPath.child(list).key("") : statusPath.child(list, name);

function common({ status }: Node): FieldChecks {
  const checks = new FieldChecks();
  for (const list of ["capacity", "allocatable"] as const)
    for (const [name, amount] of Object.entries(status?.[list] ?? {}))
      checks.add(resourceAmount(amountPath(list, name), name, amount));
  const features = status?.declaredFeatures ?? [];
  const path = statusPath.child("declaredFeatures");
  for (const [index, feature] of features.entries()) {
    if (feature.length > 253 || !featurePattern.test(feature))
      checks.invalid(
        path.index(index),
        feature,
        `invalid feature name ${JSON.stringify(feature)}: must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes`,
      );
    const before = features[index - 1];
    if (before === feature) checks.duplicate(path.index(index), feature);
    else if (before !== undefined && before > feature)
      checks.invalid(path.index(index), feature, "list must be sorted alphabetically");
  }
  return checks;
}

export function validateNode(node: Node): FieldError[] {
  const checks = common(node);
  validateTaints(checks, node.spec?.taints ?? []);
  const cidrs = node.spec?.podCIDRs ?? [];
  for (const [index, cidr] of cidrs.entries())
    checks.add(validateCIDR(cidrsPath.index(index), cidr));
  const families = new Set(cidrs.map((cidr) => parseCIDR(cidr)?.family));
  if (cidrs.length > 1 && families.has(undefined))
    checks.errors.push({
      reason: "InternalError",
      field: cidrsPath.text,
      message: "cannot be told whether they are of both families: one is no CIDR",
    });
  if (cidrs.length > 1 && (families.has(undefined) || families.size < 2 || cidrs.length > 2))
    checks.invalid(cidrsPath, cidrs, "may specify no more than one CIDR for each IP family");
  return checks.errors;
}

/** Of /status too. */
export function validateNodeChange(node: Node, old: Node): FieldError[] {
  const checks = common(node);
  validateTaints(checks, node.spec?.taints ?? []);
  const addresses = new Set<string>();
  for (const [index, address] of (node.status?.addresses ?? []).entries()) {
    const key = `${address.type}/${address.address}`;
    if (addresses.has(key)) checks.duplicate(statusPath.child("addresses").index(index), address);
    addresses.add(key);
  }
  const before = old.spec?.podCIDRs ?? [];
  if (before.length > 0 && !deepEqual(before, node.spec?.podCIDRs))
    checks.forbidden(cidrsPath, 'node updates may not change podCIDR except from "" to valid');
  const [id, oldId] = [node.spec?.providerID ?? "", old.spec?.providerID ?? ""];
  const idPath = new Path("spec.providerID");
  if (oldId !== "" && id === "") checks.invalid(idPath, null, "field cannot be cleared once set");
  else if (oldId !== "" && id !== oldId)
    checks.invalid(idPath, null, "field cannot be modified once set");
  if ((node.spec?.externalID ?? "") !== (old.spec?.externalID ?? ""))
    checks.forbidden(new Path("spec.externalID"), "may not be updated");
  return checks.errors;
}

export function validateNodeUpdate(node: Node, old: Node): FieldError[] {
  return [...validateNode(node), ...validateNodeChange(node, old)];
}
