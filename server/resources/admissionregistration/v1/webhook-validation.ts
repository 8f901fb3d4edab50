/** Validation of webhook configurations, validating and mutating alike. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { isDNS1035Label, isDNS1123Subdomain } from "#apimachinery/validate.ts";
import type { MutatingWebhook, ValidatingWebhook } from "#gen/api/admissionregistration/v1.ts";
import { validateLabelSelector } from "#resources/validate-selector.ts";
import { validateClientConfig } from "./client-config-validation.ts";
import { validateMatchConditions, webhookScope } from "./expressions.ts";
import { validateRule } from "./rule-validation.ts";

type Webhook = ValidatingWebhook | MutatingWebhook;

const webhooksPath = new Path("webhooks");
const reviewVersions = ["v1", "v1beta1"];
const quietEffects = ["None", "NoneOnDryRun"];
const allEffects = ["None", "NoneOnDryRun", "Some", "Unknown"];

/** What a stored configuration may keep though a new one could not have it. */
interface Leniency {
  readonly effects: boolean;
  readonly versions: boolean;
  readonly names: boolean;
  readonly anyValues: boolean;
  readonly conditions: boolean;
}

const strict: Leniency = {
  effects: false,
  versions: false,
  names: false,
  anyValues: false,
  conditions: false,
};

export function validateWebhooks(webhooks: readonly Webhook[]): FieldError[] {
  return validateAll(webhooks, strict);
}

export function validateWebhooksUpdate(
  webhooks: readonly Webhook[],
  old: readonly Webhook[],
): FieldError[] {
  const known = ({ admissionReviewVersions: versions = [] }: Webhook): boolean =>
    versions.length === 0 || versions.some((version) => reviewVersions.includes(version));
  const names = old.map(({ name }) => name);
  return validateAll(webhooks, {
    effects: old.some(({ sideEffects = "" }) => !quietEffects.includes(sideEffects)),
    versions: !old.every(known),
    names: new Set(names).size < names.length,
    anyValues: old.some(({ namespaceSelector, objectSelector }) =>
      [namespaceSelector, objectSelector].some(
        (selector) => validateLabelSelector(selector, webhooksPath).length > 0,
      ),
    ),
    conditions: deepEqual(
      webhooks.map(({ matchConditions }) => matchConditions ?? []),
      old.map(({ matchConditions }) => matchConditions ?? []),
    ),
  });
}

function validateAll(webhooks: readonly Webhook[], lenient: Leniency): FieldError[] {
  const checks = new FieldChecks();
  const names = new Set<string>();
  for (const [index, webhook] of webhooks.entries()) {
    const path = webhooksPath.index(index);
    const { name = "" } = webhook;
    validateWebhook(checks, webhook, { path, lenient });
    validateVersions(checks, webhook.admissionReviewVersions ?? [], {
      path: path.child("admissionReviewVersions"),
      lenient,
    });
    if (!lenient.names && name !== "" && names.has(name))
      checks.duplicate(path.child("name"), name);
    names.add(name);
  }
  return checks.errors;
}

interface Place {
  readonly path: Path;
  readonly lenient: Leniency;
}

function validateWebhook(checks: FieldChecks, webhook: Webhook, { path, lenient }: Place): void {
  qualifiedName(checks, webhook.name ?? "", path.child("name"));
  for (const [index, rule] of (webhook.rules ?? []).entries())
    validateRule(checks, rule, path.child("rules").index(index));
  const { failurePolicy, matchPolicy, sideEffects, timeoutSeconds } = webhook;
  if (failurePolicy !== undefined)
    checks.oneOf(path.child("failurePolicy"), failurePolicy, ["Fail", "Ignore"]);
  if (matchPolicy !== undefined)
    checks.oneOf(path.child("matchPolicy"), matchPolicy, ["Equivalent", "Exact"]);
  const effects = lenient.effects ? allEffects : quietEffects;
  if (sideEffects === undefined)
    checks.required(path.child("sideEffects"), `must specify one of ${effects.join(", ")}`);
  else checks.oneOf(path.child("sideEffects"), sideEffects, effects);
  if (timeoutSeconds !== undefined && (timeoutSeconds > 30 || timeoutSeconds < 1))
    checks.invalid(
      path.child("timeoutSeconds"),
      timeoutSeconds,
      "the timeout value must be between 1 and 30 seconds",
    );
  for (const field of ["namespaceSelector", "objectSelector"] as const)
    checks.add(validateLabelSelector(webhook[field], path.child(field), lenient));
  if ("reinvocationPolicy" in webhook && webhook.reinvocationPolicy !== undefined)
    checks.oneOf(path.child("reinvocationPolicy"), webhook.reinvocationPolicy, [
      "IfNeeded",
      "Never",
    ]);
  validateClientConfig(checks, webhook.clientConfig ?? {}, path.child("clientConfig"));
  if (!lenient.conditions)
    validateMatchConditions(checks, webhook.matchConditions ?? [], {
      path: path.child("matchConditions"),
      scope: webhookScope,
    });
}

function qualifiedName(checks: FieldChecks, name: string, path: Path): void {
  if (!checks.present(path, name)) return;
  const faults = isDNS1123Subdomain(name);
  if (faults.length > 0) checks.invalid(path, name, faults.join(","));
  else if (name.split(".").length < 3)
    checks.invalid(path, name, "should be a domain with at least three segments separated by dots");
}

function validateVersions(
  checks: FieldChecks,
  versions: readonly string[],
  { path, lenient }: Place,
): void {
  const accepted = reviewVersions.join(", ");
  if (versions.length === 0) {
    checks.required(path, `must specify one of ${accepted}`);
    return;
  }
  const seen = new Set<string>();
  for (const [index, version] of versions.entries()) {
    if (seen.has(version)) checks.invalid(path.index(index), version, "duplicate version");
    else checks.each(path.index(index), version, isDNS1035Label(version));
    seen.add(version);
  }
  if (!lenient.versions && !reviewVersions.some((version) => seen.has(version)))
    checks.invalid(path, versions, `must include at least one of ${accepted}`);
}
