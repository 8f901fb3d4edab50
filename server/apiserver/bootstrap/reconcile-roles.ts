/**
 * Upstream's reconciliation of RBAC at a start: what is missing from a role or binding is added, what
 * somebody added stays, and an object that opted out (autoupdate "false") is left alone.
 */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { uncovered } from "#apiserver/authorization/rbac-rules.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  Subject,
} from "#gen/api/rbac/v1.ts";

const autoupdate = "rbac.authorization.kubernetes.io/autoupdate";

type AnyRole = Role | ClusterRole;
type AnyBinding = RoleBinding | ClusterRoleBinding;

export function isRole(object: KubeObject): object is AnyRole {
  return object.kind === "Role" || object.kind === "ClusterRole";
}

export function isBinding(object: KubeObject): object is AnyBinding {
  return object.kind === "RoleBinding" || object.kind === "ClusterRoleBinding";
}

function optedOut(object: KubeObject): boolean {
  return object.metadata.annotations?.[autoupdate] === "false";
}

/** Labels and annotations of both; where both name a key, the present one stays. */
function mergedMetadata<T extends KubeObject>(present: T, wanted: T): T["metadata"] {
  const { labels, annotations } = present.metadata;
  const merged = { ...present.metadata };
  const allLabels = { ...wanted.metadata.labels, ...labels };
  const allAnnotations = { ...wanted.metadata.annotations, ...annotations };
  if (Object.keys(allLabels).length > 0) merged.labels = allLabels;
  if (Object.keys(allAnnotations).length > 0) merged.annotations = allAnnotations;
  return merged;
}

function missingRules(present: AnyRole, wanted: AnyRole): readonly PolicyRule[] {
  return uncovered(present.rules ?? [], wanted.rules ?? []);
}

function sameSubject(a: Subject, b: Subject): boolean {
  const key = ({ kind, name, namespace = "", apiGroup = "" }: Subject) =>
    JSON.stringify([kind, name, namespace, apiGroup]);
  return key(a) === key(b);
}

/** The role to write; undefined: nothing is missing. Aggregated rules belong to the aggregation. */
export function reconciledRole<T extends AnyRole>(present: T, wanted: T): T | undefined {
  if (optedOut(present)) return undefined;
  const aggregated = "aggregationRule" in wanted && wanted.aggregationRule !== undefined;
  const missing = aggregated ? [] : missingRules(present, wanted);
  const metadata = mergedMetadata(present, wanted);
  if (missing.length === 0 && deepEqual(metadata, present.metadata)) return undefined;
  if (missing.length === 0) return { ...present, metadata };
  return { ...present, metadata, rules: [...(present.rules ?? []), ...missing] };
}

/** The binding to write; undefined: nothing is missing, or it binds another role (which only a person may undo). */
export function reconciledBinding<T extends AnyBinding>(present: T, wanted: T): T | undefined {
  if (optedOut(present) || !deepEqual(present.roleRef, wanted.roleRef)) return undefined;
  const held = present.subjects ?? [];
  const missing = (wanted.subjects ?? []).filter(
    (subject) => !held.some((other) => sameSubject(subject, other)),
  );
  const metadata = mergedMetadata(present, wanted);
  if (missing.length === 0 && deepEqual(metadata, present.metadata)) return undefined;
  return { ...present, metadata, subjects: [...held, ...missing] };
}
