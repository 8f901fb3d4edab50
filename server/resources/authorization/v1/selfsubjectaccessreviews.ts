import {
  type SelfSubjectAccessReview,
  selfsubjectaccessreviews,
} from "#gen/api/authorization/v1.ts";
import { defineResource } from "#resources/resource.ts";

export const selfSubjectAccessReviewResource = defineResource<SelfSubjectAccessReview>({
  ref: selfsubjectaccessreviews,
});
