/**
 * Nobody gives rights that they do not hold: a role's rules and a binding's role are compared with the
 * writer's own. (Upstream does this in the resources' storage; the words are the same.)
 */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { notFound } from "#apimachinery/status.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "#apiserver/attributes.ts";
import { mastersGroup } from "#apiserver/authorization/authorizer.ts";
import {
  compactRules,
  describeRule,
  quotedList,
  uncovered,
} from "#apiserver/authorization/rbac-rules.ts";
import {
  type ClusterRole,
  type ClusterRoleBinding,
  clusterrolebindings,
  clusterroles,
  type PolicyRule,
  type Role,
  type RoleBinding,
  rolebindings,
  roles,
} from "#gen/api/rbac/v1.ts";
import { type AdmissionParts, draftOf, oldOf, refused } from "./admission-parts.ts";

const group = "rbac.authorization.k8s.io";
const everything: readonly PolicyRule[] = [
  { apiGroups: ["*"], resources: ["*"], verbs: ["*"] },
  { nonResourceURLs: ["*"], verbs: ["*"] },
];

type AnyRole = Role | ClusterRole;
type AnyBinding = RoleBinding | ClusterRoleBinding;

function isAggregated(role: AnyRole | undefined): boolean {
  return role !== undefined && "aggregationRule" in role && role.aggregationRule !== undefined;
}

function roleOf(attributes: AdmissionAttributes): AnyRole | undefined {
  return draftOf(attributes, roles) ?? draftOf(attributes, clusterroles);
}

function bindingOf(attributes: AdmissionAttributes): AnyBinding | undefined {
  return draftOf(attributes, rolebindings) ?? draftOf(attributes, clusterrolebindings);
}

function grantsNothingNew(role: AnyRole, old: AnyRole | undefined): boolean {
  if (old === undefined) return false;
  if (!deepEqual(role.rules ?? [], old.rules ?? [])) return false;
  if (!isAggregated(role)) return true;
  return deepEqual({ ...role, metadata: {}, rules: [] }, { ...old, metadata: {}, rules: [] });
}

export function rbacEscalation({ authorizer, rbac }: AdmissionParts): AdmissionPlugin {
  const confirmHeld = (attributes: AdmissionAttributes, rules: readonly PolicyRule[]): void => {
    const { user, namespace } = attributes;
    const missing = uncovered(rbac.rulesFor(user, namespace), rules);
    if (missing.length === 0) return;
    const lines = [...new Set(compactRules(missing).map(describeRule))].sort();
    throw refused(
      attributes,
      `user ${JSON.stringify(user.name)} (groups=${quotedList(user.groups)}) is attempting to grant ` +
        `RBAC permissions not currently held:\n${lines.join("\n")}`,
    );
  };
  const allowed = async (
    attributes: AdmissionAttributes,
    right: { readonly verb: string; readonly resource: string; readonly name: string },
  ): Promise<boolean> => {
    const { user, namespace } = attributes;
    if (user.groups.includes(mastersGroup)) return true;
    const question = { isResourceRequest: true, path: "", group, version: "v1", subresource: "" };
    const decision = await authorizer.authorize({ ...question, ...right, namespace, user });
    return decision.allowed;
  };
  const checkRole = async (attributes: AdmissionAttributes, role: AnyRole): Promise<void> => {
    const old = oldOf(attributes, roles) ?? oldOf(attributes, clusterroles);
    if (grantsNothingNew(role, old)) return;
    const { plural } = attributes.resource.ref;
    const right = { verb: "escalate", resource: plural, name: role.metadata.name };
    if (await allowed(attributes, right)) return;
    if (isAggregated(role)) confirmHeld(attributes, everything);
    confirmHeld(attributes, role.rules ?? []);
  };
  const checkBinding = async (
    attributes: AdmissionAttributes,
    binding: AnyBinding,
  ): Promise<void> => {
    const old = oldOf(attributes, rolebindings) ?? oldOf(attributes, clusterrolebindings);
    const same =
      old !== undefined &&
      deepEqual(old.roleRef, binding.roleRef) &&
      deepEqual(old.subjects ?? [], binding.subjects ?? []);
    if (same) return;
    const { kind, name } = binding.roleRef;
    const resource = kind === "Role" ? "roles" : "clusterroles";
    if (await allowed(attributes, { verb: "bind", resource, name })) return;
    const rules = rbac.rules(binding.roleRef, attributes.namespace);
    // Upstream calls it by the resource that is written.
    if (rules === undefined)
      throw notFound({ group, resource: attributes.resource.ref.plural, name });
    confirmHeld(attributes, rules);
  };
  return {
    name: "RBACEscalation",
    concerns: [roles, clusterroles, rolebindings, clusterrolebindings],
    // Upstream asks before it looks whether the object is valid.
    async mutate(attributes) {
      if (attributes.operation !== "CREATE" && attributes.operation !== "UPDATE") return;
      const role = roleOf(attributes);
      if (role !== undefined) await checkRole(attributes, role);
      const binding = bindingOf(attributes);
      if (binding !== undefined) await checkBinding(attributes, binding);
    },
  };
}
