import { type SelfSubjectRulesReview, selfsubjectrulesreviews } from "#gen/api/authorization/v1.ts";
import { defineResource } from "#resources/resource.ts";

export const selfSubjectRulesReviewResource = defineResource<SelfSubjectRulesReview>({
  ref: selfsubjectrulesreviews,
});
