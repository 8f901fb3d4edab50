/** Who asks: the chain of authenticators in upstream's order, then anonymous. Impersonation comes after. */
import { refusal } from "#apimachinery/status.ts";
import type { Authenticator, Connection, UserInfo } from "#apiserver/attributes.ts";
import type { TokenAuthenticator } from "./token-authenticator.ts";

/** Names the credential in the extra of a user: it is in no name or group. */
const credentialId = "authentication.kubernetes.io/credential-id";

const authenticatedGroup = "system:authenticated";
const webSocketTokenPrefix = "base64url.bearer.authorization.k8s.io.";

/** Health and version: what a load balancer and `kubectl version` ask before they are anybody. */
export const anonymousPaths: readonly string[] = ["/livez", "/readyz", "/healthz", "/version"];

const anonymous: UserInfo = {
  name: "system:anonymous",
  uid: "",
  groups: ["system:unauthenticated"],
  extra: {},
};

export function unauthorized(): Error {
  return refusal("Unauthorized", "Unauthorized");
}

/** The token of `Authorization: Bearer …`, else of a WebSocket subprotocol (browsers set no headers). */
export function bearerToken(headers: Headers): string | undefined {
  const authorization = headers.get("authorization");
  if (authorization !== null) {
    const [scheme = "", token = "", ...more] = authorization.trim().split(/\s+/);
    const isBearer = scheme.toLowerCase() === "bearer" && token !== "" && more.length === 0;
    return isBearer ? token : undefined;
  }
  const protocols = headers.get("sec-websocket-protocol")?.split(",") ?? [];
  const carrying = protocols.map((p) => p.trim()).find((p) => p.startsWith(webSocketTokenPrefix));
  if (carrying === undefined) return undefined;
  return Buffer.from(carrying.slice(webSocketTokenPrefix.length), "base64url").toString("utf8");
}

function isAnonymousPath(url: string): boolean {
  const { pathname } = new URL(url);
  return anonymousPaths.some((path) => pathname === path || pathname.startsWith(`${path}/`));
}

/** Everybody who is known is in this group. */
export function authenticated(user: UserInfo): UserInfo {
  if (user.groups.includes(authenticatedGroup)) return user;
  return { ...user, groups: [...user.groups, authenticatedGroup] };
}

/** The end of the chain: it knows everybody, or throws. */
export interface UserAuthenticator extends Authenticator {
  authenticate(request: Request, connection: Connection): Promise<UserInfo>;
}

/**
 * A component of this process, else a client certificate, else a bearer token. Credentials that are bad
 * are 401 everywhere; none at all are 401 except where anonymous is allowed.
 */
export function createAuthenticator(parts: {
  readonly tokens: TokenAuthenticator;
  /** Audiences that this API server answers to: its issuer. */
  readonly audiences: readonly string[];
}): UserAuthenticator {
  const { tokens, audiences } = parts;
  return {
    async authenticate(request, connection) {
      if (connection.component !== undefined) return authenticated(connection.component);
      const { clientCertificate } = connection;
      if (clientCertificate !== undefined && clientCertificate.commonName !== "") {
        const { commonName, organizations, fingerprint } = clientCertificate;
        const extra =
          fingerprint === undefined ? {} : { [credentialId]: [`X509SHA256=${fingerprint}`] };
        return authenticated({ name: commonName, uid: "", groups: organizations, extra });
      }
      const token = bearerToken(request.headers);
      if (token !== undefined) {
        const known = await tokens.authenticateToken(token, audiences);
        if (known === undefined) throw unauthorized();
        return authenticated(known.user);
      }
      if (isAnonymousPath(request.url)) return anonymous;
      throw unauthorized();
    },
  };
}
