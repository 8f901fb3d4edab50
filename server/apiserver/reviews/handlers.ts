/** Reviews and token requests as handlers: the body is asked, answered with 201, and stored nowhere. */

import { badRequest } from "#apimachinery/status.ts";
import { attributesOf, mutate, validate } from "#apiserver/admit.ts";
import type { Call, Handler } from "#apiserver/call.ts";
import type { VirtualResources } from "#apiserver/dispatch.ts";
import { loneVersion } from "#apiserver/field-management/lone-version.ts";
import { trackAsked, trackCreate } from "#apiserver/field-management/track.ts";
import { writtenResponse } from "#apiserver/handlers/written.ts";
import { dropDoubleOwners } from "#apiserver/owner-references.ts";
import { createOptions, readObject } from "#apiserver/request-body.ts";
import { wipeSystemFields } from "#apiserver/strategy.ts";
import type { SubresourceHandlers } from "#apiserver/subresources/registry.ts";
import { requestToken, secondsDefault, type TokenParts } from "#apiserver/subresources/token.ts";
import type { TokenRequest } from "#gen/api/authentication/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ReviewedResource } from "./registry.ts";
import type { Review } from "./review.ts";

/** What is asked in a namespace is of that namespace. Throws BadRequest. */
function meetNamespace({ endpoint, info }: Call, { metadata }: KubeObject): void {
  const given = metadata?.namespace ?? "";
  if (endpoint.ref.namespaced && given !== "" && given !== info.namespace)
    throw badRequest(
      "the namespace of the provided object does not match the namespace sent on the request",
    );
}

function reviewHandler(review: Review): Handler {
  return async (server, call) => {
    const { fieldValidation } = createOptions(call);
    const expected = { apiVersion: call.endpoint.apiVersion, kind: call.endpoint.ref.kind };
    const object = await readObject(call, expected, fieldValidation);
    meetNamespace(call, object);
    object.metadata ??= { name: "" };
    object.metadata.namespace = call.endpoint.ref.namespaced ? call.info.namespace : undefined;
    wipeSystemFields(object);
    dropDoubleOwners(call, object);
    trackCreate(server, call, object);
    const asking = { user: call.user, namespace: call.info.namespace, now: server.clock() };
    return writtenResponse(server, call, 201, {
      object: await review(object, asking),
      stored: undefined,
    });
  };
}

export function reviewHandlers(reviews: readonly ReviewedResource[]): VirtualResources {
  return new Map(
    reviews.map(({ ref, review }) => [
      `${ref.group}/${ref.plural}`,
      { create: reviewHandler(review) },
    ]),
  );
}

const tokenRequestKind = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest" };

/** serviceaccounts/token */
export function tokenHandlers(parts: TokenParts): SubresourceHandlers {
  return {
    async create(server, call) {
      const { fieldValidation, dryRun } = createOptions(call);
      // readObject refuses every other kind.
      const body = (await readObject(call, tokenRequestKind, fieldValidation)) as TokenRequest;
      body.spec.expirationSeconds ??= secondsDefault;
      const versions = loneVersion(tokenRequestKind.apiVersion, tokenRequestKind.kind);
      trackAsked(server, call, { versions, draft: body });
      const { name } = call.info;
      const admitted = { operation: "CREATE", object: body, old: undefined, name, dryRun } as const;
      const attributes = attributesOf(call, admitted);
      await mutate(server, attributes);
      await validate(server, attributes);
      const object = await requestToken(parts, call.info, body);
      return writtenResponse(server, call, 201, { object, stored: undefined });
    },
  };
}
