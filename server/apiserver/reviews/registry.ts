/** Every review by its resource. */
import type { Authorizer } from "#apiserver/attributes.ts";
import type { TokenAuthenticator } from "#apiserver/authentication/token-authenticator.ts";
import type { RbacIndex } from "#apiserver/authorization/rbac-index.ts";
import { selfsubjectreviews, tokenreviews } from "#gen/api/authentication/v1.ts";
import {
  localsubjectaccessreviews,
  selfsubjectaccessreviews,
  selfsubjectrulesreviews,
  subjectaccessreviews,
} from "#gen/api/authorization/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import {
  localSubjectAccessReview,
  selfSubjectAccessReview,
  subjectAccessReview,
} from "./access-review.ts";
import type { Review } from "./review.ts";
import { selfSubjectReview } from "./self-subject-review.ts";
import { selfSubjectRulesReview } from "./self-subject-rules-review.ts";
import { tokenReview } from "./token-review.ts";

export interface ReviewedResource {
  readonly ref: ResourceRef;
  readonly review: Review;
}

/** The URL's resource has decided the body's kind before a review sees it. */
function entry<T extends KubeObject>(ref: ResourceRef<T>, review: Review<T>): ReviewedResource {
  return { ref, review: (object, asking) => review(object as T, asking) };
}

export function createReviews(parts: {
  readonly authorizer: Authorizer;
  readonly rbac: RbacIndex;
  readonly tokens: TokenAuthenticator;
  readonly audiences: readonly string[];
}): readonly ReviewedResource[] {
  const { authorizer, rbac } = parts;
  return [
    entry(tokenreviews, tokenReview(parts)),
    entry(selfsubjectreviews, selfSubjectReview),
    entry(subjectaccessreviews, subjectAccessReview(authorizer)),
    entry(localsubjectaccessreviews, localSubjectAccessReview(authorizer)),
    entry(selfsubjectaccessreviews, selfSubjectAccessReview(authorizer)),
    entry(selfsubjectrulesreviews, selfSubjectRulesReview(rbac)),
  ];
}
