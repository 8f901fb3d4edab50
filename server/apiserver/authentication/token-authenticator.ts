/** Bearer tokens, whoever made them. */
import type { UserInfo } from "#apiserver/attributes.ts";

export interface TokenUser {
  readonly user: UserInfo;
  /** Those of the asked audiences that the token is meant for. */
  readonly audiences: readonly string[];
}

export interface TokenAuthenticator {
  /** undefined: no token of this kind, or no longer good. Never throws for a bad token. */
  authenticateToken(token: string, audiences: readonly string[]): Promise<TokenUser | undefined>;
}

/** The first that knows the token. */
export function tokenUnion(authenticators: readonly TokenAuthenticator[]): TokenAuthenticator {
  return {
    async authenticateToken(token, audiences) {
      for (const authenticator of authenticators) {
        const known = await authenticator.authenticateToken(token, audiences);
        if (known !== undefined) return known;
      }
      return undefined;
    },
  };
}
