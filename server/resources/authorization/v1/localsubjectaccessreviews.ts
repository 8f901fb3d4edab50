import {
  type LocalSubjectAccessReview,
  localsubjectaccessreviews,
} from "#gen/api/authorization/v1.ts";
import { defineResource } from "#resources/resource.ts";

export const localSubjectAccessReviewResource = defineResource<LocalSubjectAccessReview>({
  ref: localsubjectaccessreviews,
});
