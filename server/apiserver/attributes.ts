/** What is asked, by whom: the words that authorization, admission and audit share. */
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import type { Resource } from "#resources/resource.ts";

export interface UserInfo {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** What stands around a request: set by the door (TLS) or by the in-process transport. */
export interface Connection {
  readonly remoteAddress: string;
  /** Verified by the client CA; undefined when none was presented or it did not verify. */
  readonly clientCertificate?:
    | {
        readonly commonName: string;
        readonly organizations: readonly string[];
        /** SHA-256 of the certificate, in lower-case hexadecimal. */
        readonly fingerprint?: string | undefined;
      }
    | undefined;
  /** Set only by the in-process transport: a component of this very process. */
  readonly component?: UserInfo | undefined;
  /** It takes the cache's own objects from watches: see apimachinery/codec/object-watch.ts. */
  readonly sharesObjects?: boolean;
}

/** The URL, taken apart as upstream's RequestInfo. */
export interface RequestInfo {
  readonly isResourceRequest: boolean;
  /** get list watch create update patch delete deletecollection; for other paths the lower-case method. */
  readonly verb: string;
  readonly path: string;
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

export interface Authenticator {
  /** The user; undefined: these credentials are none of mine (or absent). Throws Unauthorized for bad ones. */
  authenticate(request: Request, connection: Connection): Promise<UserInfo | undefined>;
}

export interface Decision {
  readonly allowed: boolean;
  readonly reason: string;
}

/** Attributes of one authorization question; selectors only where upstream passes them. */
export interface AuthorizationAttributes extends RequestInfo {
  readonly user: UserInfo;
  /** The query's selectors, of list, watch and deletecollection only: nodes may list only their own pods. */
  readonly fieldSelector?: string | undefined;
  readonly labelSelector?: string | undefined;
}

export interface Authorizer {
  authorize(attributes: AuthorizationAttributes): Decision | Promise<Decision>;
}

export type AdmissionOperation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT";

export interface AdmissionAttributes {
  readonly operation: AdmissionOperation;
  readonly resource: Resource;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly user: UserInfo;
  readonly dryRun: boolean;
  /** The new object (a draft owned by the request; `mutate` may change it); undefined for DELETE. */
  readonly object: KubeObject | undefined;
  readonly old: KubeObject | undefined;
  /** Warning header texts for the client. */
  warn(text: string): void;
}

/** One file a plugin; refuses by throwing ApiError. Both parts are skipped when absent. */
export interface AdmissionPlugin {
  readonly name: string;
  /** It is asked about these alone, in whatever version and subresource; absent: about everything. */
  readonly concerns?: readonly Pick<ResourceRef, "group" | "plural">[];
  mutate?(attributes: AdmissionAttributes): void | Promise<void>;
  validate?(attributes: AdmissionAttributes): void | Promise<void>;
}
