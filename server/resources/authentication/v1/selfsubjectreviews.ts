import { type SelfSubjectReview, selfsubjectreviews } from "#gen/api/authentication/v1.ts";
import { defineResource } from "#resources/resource.ts";

export const selfSubjectReviewResource = defineResource<SelfSubjectReview>({
  ref: selfsubjectreviews,
});
