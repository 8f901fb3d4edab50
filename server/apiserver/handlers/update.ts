/** PUT: the whole object, or its status. */
import { badRequest, notFound } from "#apimachinery/status.ts";
import type { Call, Handler } from "#apiserver/call.ts";
import { named } from "#apiserver/endpoint.ts";
import { negotiated } from "#apiserver/negotiation.ts";
import {
  expectedOf,
  prepareBody,
  readBody,
  readObjectFrom,
  restartWarnings,
  writeOptions,
} from "#apiserver/request-body.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { createObject } from "./create.ts";
import { defaulted } from "./defaulted.ts";
import { guaranteedUpdate, meetUid } from "./guaranteed-update.ts";
import { type Written, writtenResponse } from "./written.ts";

/** What the URL says must be what the object says. Throws BadRequest. */
export function meetUrl({ info, endpoint }: Call, { metadata }: KubeObject): void {
  const { name = "", namespace = "" } = metadata;
  if (endpoint.ref.namespaced && namespace !== "" && namespace !== info.namespace) {
    throw badRequest(
      "the namespace of the provided object does not match the namespace sent on the request",
    );
  }
  if (name === "") {
    throw badRequest(
      `the name of the object (${info.name} based on URL) was undeterminable: name must be provided`,
    );
  }
  if (name !== info.name) {
    throw badRequest(
      `the name of the object (${name}) does not match the name on the URL (${info.name})`,
    );
  }
}

/** A subresource's own strategy and rules, in place of the resource's. */
export interface UpdateRules {
  prepare?(object: KubeObject, old: KubeObject): void;
  check?(object: KubeObject, old: KubeObject): void;
}

/** PUT under the given rules. */
export function updateUnder(rules: UpdateRules): Handler {
  return async (server, call) => {
    negotiated(call);
    const { dryRun, fieldValidation } = writeOptions(call.query, "UpdateOptions");
    const { endpoint } = call;
    const expected = expectedOf(endpoint);
    const body = await prepareBody(call, await readBody(call.request), expected);
    const draft = (): KubeObject => {
      restartWarnings(call);
      const object = readObjectFrom(call, body, expected, fieldValidation);
      meetUrl(call, object);
      if (endpoint.ref.namespaced) object.metadata.namespace = call.info.namespace;
      return defaulted(call, object, server.clock());
    };
    let created = false;
    const creates = endpoint.resource.allowCreateOnUpdate === true && call.info.subresource === "";
    const create = async (): Promise<Written> => {
      created = true;
      const object = draft();
      meetUid(call, object, { object: undefined, dryRun });
      object.metadata.resourceVersion = undefined;
      return createObject(server, call, { draft: object, dryRun });
    };
    const refuse = async (): Promise<Written> => {
      // What cannot be read is said before that there is nothing to change.
      draft();
      throw notFound(named(endpoint, call.info.name));
    };
    const whenAbsent = creates ? create : refuse;
    const written = await guaranteedUpdate(server, call, { ...rules, draft, dryRun, whenAbsent });
    return writtenResponse(server, call, created ? 201 : 200, written);
  };
}

export const update: Handler = updateUnder({});
