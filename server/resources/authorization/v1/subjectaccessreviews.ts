import { type SubjectAccessReview, subjectaccessreviews } from "#gen/api/authorization/v1.ts";
import { defineResource } from "#resources/resource.ts";
import { validateAccessReview } from "./access-review-validation.ts";

export const subjectAccessReviewResource = defineResource<SubjectAccessReview>({
  ref: subjectaccessreviews,
  validate: validateAccessReview,
});
