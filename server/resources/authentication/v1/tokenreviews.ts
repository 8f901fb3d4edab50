import { type TokenReview, tokenreviews } from "#gen/api/authentication/v1.ts";
import { defineResource } from "#resources/resource.ts";

export const tokenReviewResource = defineResource<TokenReview>({
  ref: tokenreviews,
});
