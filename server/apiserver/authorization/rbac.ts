/** The RBAC authorizer. */

import type { Decision } from "#apiserver/attributes.ts";
import type { Subject } from "#gen/api/rbac/v1.ts";
import type { NamedAuthorizer } from "./authorizer.ts";
import type { Grant, RbacIndex } from "./rbac-index.ts";
import { ruleAllows } from "./rbac-rules.ts";

function describeSubject(subject: Subject, bindingNamespace: string): string {
  if (subject.kind !== "ServiceAccount") return `${subject.kind} ${JSON.stringify(subject.name)}`;
  const namespace = subject.namespace ? subject.namespace : bindingNamespace;
  return `ServiceAccount ${JSON.stringify(`${subject.name}/${namespace}`)}`;
}

function describe({ binding, subject, roleRef, namespace }: Grant): string {
  const { name } = binding.metadata;
  const bound =
    namespace === ""
      ? `ClusterRoleBinding ${JSON.stringify(name)}`
      : `RoleBinding ${JSON.stringify(`${name}/${namespace}`)}`;
  const role = `${roleRef.kind} ${JSON.stringify(roleRef.name)}`;
  return `RBAC: allowed by ${bound} of ${role} to ${describeSubject(subject, namespace)}`;
}

function missing({ roleRef }: Grant): string {
  const kind = roleRef.kind.toLowerCase();
  return `${kind}.rbac.authorization.k8s.io ${JSON.stringify(roleRef.name)} not found`;
}

function missingReason(sentences: ReadonlySet<string>): string {
  const [first = "", ...more] = sentences;
  if (first === "") return "";
  return more.length === 0 ? `RBAC: ${first}` : `RBAC: [${[...sentences].join(", ")}]`;
}

export function rbacAuthorizer(index: RbacIndex): NamedAuthorizer {
  return {
    name: "rbac",
    authorize(question): Decision {
      const absent = new Set<string>();
      for (const grant of index.grantsTo(question.user, question.namespace)) {
        const rules = index.rules(grant.roleRef, grant.namespace);
        if (rules === undefined) {
          absent.add(missing(grant));
        } else if (rules.some((rule) => ruleAllows(rule, question))) {
          return { allowed: true, reason: describe(grant) };
        }
      }
      return { allowed: false, reason: missingReason(absent) };
    },
  };
}
