/** The chain of authorizers, in upstream's order, and the sentence of its refusal. */
import type { ApiError } from "#apimachinery/status.ts";
import { refusal } from "#apimachinery/status.ts";
import type { AuthorizationAttributes, Authorizer, Decision } from "#apiserver/attributes.ts";

/** Upstream's group that no authorizer is asked about. */
export const mastersGroup = "system:masters";

const allowed: Decision = { allowed: true, reason: "" };

/** An authorizer under the name that its refusals bear: `node: no relationship found …`. */
export interface NamedAuthorizer {
  readonly name: string;
  authorize(attributes: AuthorizationAttributes): Decision;
}

/** The first that allows decides; the reasons of those that do not are joined. */
export function authorizerChain(authorizers: readonly NamedAuthorizer[]): Authorizer {
  return {
    authorize(attributes): Decision {
      if (attributes.user.groups.includes(mastersGroup)) return allowed;
      const reasons: string[] = [];
      for (const authorizer of authorizers) {
        const decision = authorizer.authorize(attributes);
        if (decision.allowed) return decision;
        if (decision.reason !== "") reasons.push(`${authorizer.name}: ${decision.reason}`);
      }
      return { allowed: false, reason: reasons.join("\n") };
    },
  };
}

function sentence(attributes: AuthorizationAttributes): string {
  const user = JSON.stringify(attributes.user.name);
  const { verb, group, namespace, subresource } = attributes;
  if (!attributes.isResourceRequest) {
    return `User ${user} cannot ${verb} path ${JSON.stringify(attributes.path)}`;
  }
  const resource =
    subresource === "" ? attributes.resource : `${attributes.resource}/${subresource}`;
  const what = `cannot ${verb} resource ${JSON.stringify(resource)}`;
  const where =
    namespace === "" ? "at the cluster scope" : `in the namespace ${JSON.stringify(namespace)}`;
  return `User ${user} ${what} in API group ${JSON.stringify(group)} ${where}`;
}

/** 403 as upstream words it: `pods is forbidden: User "x" cannot list resource "pods" …`. */
export function forbiddenRequest(attributes: AuthorizationAttributes, reason: string): ApiError {
  const why = reason === "" ? sentence(attributes) : `${sentence(attributes)}: ${reason}`;
  if (!attributes.isResourceRequest) return refusal("Forbidden", `forbidden: ${why}`, {});
  const { group, resource, name } = attributes;
  const qualified = group === "" ? resource : `${resource}.${group}`;
  const named = name === "" ? qualified : `${qualified} ${JSON.stringify(name)}`;
  return refusal("Forbidden", `${named} is forbidden: ${why}`, {
    ...(name === "" ? {} : { name }),
    ...(group === "" ? {} : { group }),
    kind: resource,
  });
}

/** Throws Forbidden unless allowed. */
export async function requireAllowed(
  authorizer: Authorizer,
  attributes: AuthorizationAttributes,
): Promise<void> {
  const decision = await authorizer.authorize(attributes);
  if (!decision.allowed) throw forbiddenRequest(attributes, decision.reason);
}
