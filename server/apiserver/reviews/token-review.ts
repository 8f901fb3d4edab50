/** tokenreviews: whose token is this? */
import { badRequest } from "#apimachinery/status.ts";
import { authenticated } from "#apiserver/authentication/authenticator.ts";
import type { TokenAuthenticator } from "#apiserver/authentication/token-authenticator.ts";
import type { TokenReview, TokenReviewStatus } from "#gen/api/authentication/v1.ts";
import type { Review } from "./review.ts";
import { shownUser } from "./self-subject-review.ts";

export function tokenReview(parts: {
  readonly tokens: TokenAuthenticator;
  /** Of the API server, for reviews that name none. */
  readonly audiences: readonly string[];
}): Review<TokenReview> {
  const statusOf = async ({
    token,
    audiences,
  }: TokenReview["spec"]): Promise<TokenReviewStatus> => {
    if (!token) throw badRequest("token is required for TokenReview in authentication");
    const asked = audiences === undefined || audiences.length === 0 ? parts.audiences : audiences;
    const known = await parts.tokens.authenticateToken(token, asked);
    if (known === undefined) return { user: {}, error: "invalid bearer token" };
    const user = shownUser(authenticated(known.user));
    return { authenticated: true, user, audiences: [...known.audiences] };
  };
  // What upstream does not fill stays as it was sent.
  return async (review) => {
    const found = await statusOf(review.spec);
    const user = found.authenticated === true ? found.user : { ...review.status?.user };
    return {
      ...review,
      status: { ...review.status, authenticated: found.authenticated, ...found, user },
    };
  };
}
