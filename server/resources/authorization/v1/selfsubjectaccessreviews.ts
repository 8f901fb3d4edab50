import {
  type SelfSubjectAccessReview,
  selfsubjectaccessreviews,
} from "#gen/api/authorization/v1.ts";
import { defineResource } from "#resources/resource.ts";
import { validateSelfAccessReview } from "./access-review-validation.ts";

export const selfSubjectAccessReviewResource = defineResource<SelfSubjectAccessReview>({
  ref: selfsubjectaccessreviews,
  validate: validateSelfAccessReview,
});
