/** selfsubjectrulesreviews: all that I may do in a namespace (`kubectl auth can-i --list`). */
import { badRequest } from "#apimachinery/status.ts";
import { nodeNameOf } from "#apiserver/authorization/node-identity.ts";
import type { RbacIndex } from "#apiserver/authorization/rbac-index.ts";
import type { SelfSubjectRulesReview } from "#gen/api/authorization/v1.ts";
import type { NamedMeta, ObjectMeta } from "#gen/api/meta/v1.ts";
import type { Review } from "./review.ts";

export function selfSubjectRulesReview(rbac: RbacIndex): Review<SelfSubjectRulesReview> {
  return async (review, { user }) => {
    const { namespace } = review.spec;
    if (!namespace) throw badRequest("no namespace on request");
    const rules = rbac.rulesFor(user, namespace);
    const isNode = nodeNameOf(user) !== undefined;
    // The question is not repeated in the answer.
    const metadata: ObjectMeta = {};
    return {
      apiVersion: review.apiVersion,
      kind: review.kind,
      // A question has no name.
      metadata: metadata as NamedMeta,
      spec: {},
      status: {
        resourceRules: rules.flatMap(({ verbs, apiGroups, resources, resourceNames }) =>
          resources === undefined ? [] : [{ verbs, apiGroups, resources, resourceNames }],
        ),
        nonResourceRules: rules.flatMap(({ verbs, nonResourceURLs }) =>
          nonResourceURLs === undefined ? [] : [{ verbs, nonResourceURLs }],
        ),
        incomplete: isNode,
        ...(isNode
          ? { evaluationError: "node authorizer does not support user rule resolution" }
          : {}),
      },
    };
  };
}
