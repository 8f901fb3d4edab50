/** What merging must know of a request's kind: its type, its versions, the fields that are reset. */
import { deduced, mergeTypeOf } from "#apimachinery/apply/merge-type.ts";
import { typedError } from "#apimachinery/apply/typed-errors.ts";
import type { Fields } from "#apimachinery/apply/values.ts";
import type { Version, Versions } from "#apimachinery/apply/versions.ts";
import { takeInObject } from "#apimachinery/codec/json.ts";
import { deepCopy } from "#apimachinery/deep-copy.ts";
import { schemaOf } from "#apimachinery/schema.ts";
import type { Call, ServerContext } from "#apiserver/call.ts";
import { inVersion } from "#apiserver/encoding/object-encoding.ts";
import type { Endpoint, EndpointTable } from "#apiserver/endpoint.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { resetFieldsOf } from "./reset-fields.ts";

/** An object as merging reads it. */
export function asFields(object: KubeObject): Fields {
  return { ...object };
}

/** What merging makes of objects is checked against the schema before it is taken for an object again. */
export function asObject(fields: Fields): KubeObject {
  return fields as unknown as KubeObject;
}

/** A new object of a kind, as upstream's type holds it before anything is set. */
export function zeroOf(apiVersion: string, kind: string): Fields {
  const zero = asObject({ apiVersion, kind });
  takeInObject(zero);
  return asFields(zero);
}

/** Throws TypeError where an object that is or was stored does not have the shape of its type. */
export function fit({ type }: Version, object: Fields): void {
  const wrong = typedError(type, object, "may repeat");
  if (wrong !== undefined) throw new TypeError(wrong);
}

function versionOf(endpoint: Endpoint, subresource: string): Version {
  const { apiVersion, ref } = endpoint;
  const struct = schemaOf(apiVersion, ref.kind);
  const type = endpoint.mergeType ?? (struct === undefined ? deduced : mergeTypeOf(struct));
  const reset = resetFieldsOf(endpoint, subresource);
  return { apiVersion, type, zero: zeroOf(apiVersion, ref.kind), reset };
}

/** The endpoints that serve the same stored objects, by apiVersion. */
function siblingsOf(endpoints: EndpointTable, endpoint: Endpoint): ReadonlyMap<string, Endpoint> {
  if (endpoint.versions !== undefined) return endpoint.versions;
  const { ref } = endpoint.resource;
  const siblings = [...endpoints.values()].filter(
    ({ resource }) => resource.ref.group === ref.group && resource.ref.plural === ref.plural,
  );
  return new Map(siblings.map((sibling) => [sibling.apiVersion, sibling]));
}

class EndpointVersions implements Versions {
  readonly own: Version;
  readonly #endpoint: Endpoint;
  readonly #subresource: string;
  readonly #siblings: ReadonlyMap<string, Endpoint>;
  readonly #known = new Map<string, Version>();

  constructor(endpoints: EndpointTable, endpoint: Endpoint, subresource: string) {
    this.own = versionOf(endpoint, subresource);
    this.#endpoint = endpoint;
    this.#subresource = subresource;
    this.#siblings = siblingsOf(endpoints, endpoint);
    this.#known.set(this.own.apiVersion, this.own);
  }

  version(apiVersion: string): Version | undefined {
    const known = this.#known.get(apiVersion);
    const sibling = this.#siblings.get(apiVersion);
    if (known === undefined && sibling === undefined && this.#endpoint.custom === true)
      throw new TypeError(`request to convert CR to an invalid group/version: ${apiVersion}`);
    if (known !== undefined || sibling === undefined) return known;
    const version = versionOf(sibling, this.#subresource);
    this.#known.set(apiVersion, version);
    return version;
  }

  convert(object: Fields, apiVersion: string): Fields {
    return this.#between(object, this.#endpoint, this.#siblings.get(apiVersion));
  }

  convertBack(object: Fields, apiVersion: string): Fields {
    return this.#between(object, this.#siblings.get(apiVersion), this.#endpoint);
  }

  #between(object: Fields, from: Endpoint | undefined, to: Endpoint | undefined): Fields {
    if (from === undefined || to === undefined || from === to) return object;
    if (to.custom === true) return this.#renamed(object, to.apiVersion);
    const given = asObject(deepCopy(object));
    // As Go's types hold it: what is null is not there, what every object has is.
    takeInObject(given);
    return asFields(inVersion(to, from.conversion?.toStored(given) ?? given));
  }

  /** Versions of a custom resource hold the same fields: the schema of the other may not know them all. */
  #renamed(object: Fields, apiVersion: string): Fields {
    const version = this.version(apiVersion);
    const renamed = { ...object, apiVersion };
    if (version !== undefined) fit(version, renamed);
    return renamed;
  }
}

const known = new WeakMap<Endpoint, Map<string, Versions>>();

/** Of the request's resource and subresource. */
export function versionsOf({ endpoints }: ServerContext, { endpoint, info }: Call): Versions {
  const ofEndpoint = known.get(endpoint) ?? new Map<string, Versions>();
  known.set(endpoint, ofEndpoint);
  const hit = ofEndpoint.get(info.subresource);
  if (hit !== undefined) return hit;
  const versions = new EndpointVersions(endpoints, endpoint, info.subresource);
  ofEndpoint.set(info.subresource, versions);
  return versions;
}
