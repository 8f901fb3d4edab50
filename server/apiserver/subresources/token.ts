/** serviceaccounts/token: a token for an account, bound to a pod, node or secret when asked. */
import { type FieldError, invalidValue, Path } from "#apimachinery/field-error.ts";
import { badRequest, conflict, invalid, notFound } from "#apimachinery/status.ts";
import { formatTime } from "#apimachinery/time.ts";
import type { ObjectClaim } from "#apiserver/authentication/service-account-claims.ts";
import type { TokenIssuer } from "#apiserver/authentication/token-issuer.ts";
import { getObject, type ObjectReads } from "#apiserver/object-reads.ts";
import type { BoundObjectReference, TokenRequest } from "#gen/api/authentication/v1.ts";
import { nodes, pods, type ServiceAccount, secrets, serviceaccounts } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";

const secondsMin = 600;
const secondsMax = 2 ** 32;
/** Of a token whose request names no end. */
export const secondsDefault = 3600;

export interface TokenParts {
  readonly issuer: TokenIssuer;
  /** Audiences of tokens that name none. */
  readonly audiences: readonly string[];
  readonly reads: ObjectReads;
  readonly now: () => Date;
  readonly newId: () => string;
}

interface Account {
  readonly namespace: string;
  readonly object: ServiceAccount;
}

function faultsOf({ metadata, spec }: TokenRequest, accountName: string): FieldError[] {
  if (metadata.name && metadata.name !== accountName) {
    const detail = "must match the service account name if specified";
    return [invalidValue(new Path("metadata").child("name"), metadata.name, detail)];
  }
  const path = new Path("spec").child("expirationSeconds");
  const seconds = spec.expirationSeconds ?? secondsDefault;
  if (seconds < secondsMin) {
    return [invalidValue(path, seconds, "may not specify a duration less than 10 minutes")];
  }
  if (seconds > secondsMax) {
    return [invalidValue(path, seconds, "may not specify a duration larger than 2^32 seconds")];
  }
  return [];
}

/** What the token is bound to, of the kinds that can hold one. */
interface Bound {
  readonly pod?: ObjectClaim;
  readonly node?: ObjectClaim;
  readonly secret?: ObjectClaim;
}

function claimOf({ metadata: { name, uid = "" } }: KubeObject): ObjectClaim {
  return { name, uid };
}

function found<T extends KubeObject>(
  reads: ObjectReads,
  ref: ResourceRef<T>,
  {
    namespace,
    reference,
  }: { readonly namespace: string; readonly reference: BoundObjectReference },
): T {
  const { name = "", uid = "" } = reference;
  const named = { group: ref.group, resource: ref.plural, name };
  const object = getObject(reads, ref, { namespace, name });
  if (object === undefined) throw notFound(named);
  if (uid === "" || uid === object.metadata.uid) return object;
  throw conflict(
    { ...named, resource: ref.kind },
    `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
  );
}

function boundPod(reads: ObjectReads, account: Account, reference: BoundObjectReference): Bound {
  const pod = found(reads, pods, { namespace: account.namespace, reference });
  const { name } = account.object.metadata;
  if (pod.spec.serviceAccountName !== name) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(name)} to pod running with different serviceaccount name.`,
    );
  }
  const node = getObject(reads, nodes, { name: pod.spec.nodeName ?? "" });
  const nodeClaim = pod.spec.nodeName
    ? { node: node ? claimOf(node) : { name: pod.spec.nodeName, uid: "" } }
    : {};
  return { pod: claimOf(pod), ...nodeClaim };
}

function boundObject(
  reads: ObjectReads,
  account: Account,
  reference: BoundObjectReference | undefined,
): Bound {
  if (reference === undefined) return {};
  const { namespace } = account;
  const kind = `${reference.apiVersion ?? ""}, Kind=${reference.kind ?? ""}`;
  switch (kind) {
    case "v1, Kind=Pod":
      return boundPod(reads, account, reference);
    case "v1, Kind=Node":
      return { node: claimOf(found(reads, nodes, { namespace: "", reference })) };
    case "v1, Kind=Secret":
      return { secret: claimOf(found(reads, secrets, { namespace, reference })) };
    default:
      throw badRequest(
        `cannot bind token to object of type ${kind.startsWith("v1,") ? "/" : ""}${kind}`,
      );
  }
}

/**
 * The request with its status filled. `namespace`, `name`: of the account, from the URL.
 * Throws NotFound, BadRequest, Conflict or Invalid.
 */
export async function requestToken(
  parts: TokenParts,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  request: TokenRequest,
): Promise<TokenRequest> {
  const { reads, issuer } = parts;
  const object = getObject(reads, serviceaccounts, { namespace, name });
  if (object === undefined) throw notFound({ group: "", resource: "serviceaccounts", name });
  const { metadata, spec } = request;
  if (metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest(
      "the namespace of the provided object does not match the namespace sent on the request",
    );
  }
  const faults = faultsOf(request, name);
  if (faults.length > 0) {
    const whose = metadata.name ? name : "";
    throw invalid({ group: "authentication.k8s.io", kind: "TokenRequest" }, whose, faults);
  }
  const { uid } = object.metadata;
  if (metadata.uid && metadata.uid !== uid) {
    throw conflict(
      { group: "authentication.k8s.io", resource: "TokenRequest", name },
      `the UID in the token request (${metadata.uid}) does not match the UID of the service account (${uid})`,
    );
  }
  const audiences = spec.audiences?.length ? spec.audiences : [...parts.audiences];
  const expirationSeconds = spec.expirationSeconds ?? secondsDefault;
  const now = parts.now();
  const issuedAt = Math.floor(now.getTime() / 1000);
  const token = await issuer.issue({
    audiences,
    issuedAt,
    notBefore: issuedAt,
    expires: issuedAt + expirationSeconds,
    id: parts.newId(),
    namespace,
    serviceAccount: claimOf(object),
    ...boundObject(reads, { namespace, object }, spec.boundObjectRef),
  });
  return {
    ...request,
    metadata: { ...metadata, name, namespace, uid, creationTimestamp: formatTime(now) },
    spec: { ...spec, audiences, expirationSeconds },
    status: {
      token,
      expirationTimestamp: formatTime(new Date((issuedAt + expirationSeconds) * 1000)),
    },
  };
}
