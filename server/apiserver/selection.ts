/** What a list, watch or deletecollection looks at: scope, label selector, field selector. */
import {
  type FieldSelector,
  matchesFields,
  parseFieldSelector,
  requiredValue,
} from "#apimachinery/fields.ts";
import { matches, parseLabelSelector, type Selector } from "#apimachinery/labels.ts";
import { badRequest } from "#apimachinery/status.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Resource } from "#resources/resource.ts";
import type { Entry, WatchScope } from "#storage/watch-cache.ts";
import type { Endpoint } from "./endpoint.ts";
import { type Query, text } from "./query.ts";

export interface Selection {
  readonly scope: WatchScope;
  /** Neither selector narrows it. */
  readonly whole: boolean;
  matches(entry: Entry): boolean;
}

const metadataFields = new Set(["metadata.name", "metadata.namespace"]);

/** The fields of the URL's version: events.k8s.io names what core/v1 calls involvedObject. */
const sameField: Readonly<Record<string, string>> = {
  "regarding.kind": "involvedObject.kind",
  "regarding.namespace": "involvedObject.namespace",
  "regarding.name": "involvedObject.name",
  "regarding.uid": "involvedObject.uid",
  "regarding.apiVersion": "involvedObject.apiVersion",
  "regarding.resourceVersion": "involvedObject.resourceVersion",
  "regarding.fieldPath": "involvedObject.fieldPath",
  reportingController: "reportingComponent",
};

/** The names are those of a resource, whatever the object: an empty one tells them. */
const namesOf = new WeakMap<Resource, ReadonlySet<string>>();

function fieldNames(resource: Resource): ReadonlySet<string> {
  const known = namesOf.get(resource);
  if (known !== undefined) return known;
  const names = new Set(Object.keys(fieldsOf(resource, emptyObject(resource))));
  namesOf.set(resource, names);
  return names;
}

function emptyObject({ ref }: Resource): KubeObject {
  const metadata = { name: "", namespace: "" };
  // Selectable fields are read from specs and statuses that may be empty, never absent.
  const parts = { spec: {}, status: {}, involvedObject: {}, source: {} };
  return { apiVersion: ref.version, kind: ref.kind, metadata, ...parts } as KubeObject;
}

function fieldsOf(resource: Resource, object: KubeObject): Readonly<Record<string, string>> {
  return resource.selectableFields?.(object) ?? {};
}

/** Upstream says it differently of some. */
function unsupported({ ref }: Resource, field: string): string {
  if (ref.kind === "Job") return `field label ${JSON.stringify(field)} not supported for Job`;
  if (ref.kind !== "ResourceSlice") return `field label not supported: ${field}`;
  return `field label not supported for ${ref.group}/${ref.version}, Kind=${ref.kind}: ${field}`;
}

/** Kinds whose own fields upstream lists without the namespace. */
const withoutNamespace: ReadonlySet<string> = new Set([
  "CertificateSigningRequest",
  "ClusterTrustBundle",
  "Namespace",
  "Node",
  "PodCertificateRequest",
  "ResourceSlice",
]);

const hasNamespaceField = ({ selectableFields, ref }: Resource): boolean =>
  selectableFields === undefined || !withoutNamespace.has(ref.kind);

function refuseUnknownFields(resource: Resource, selector: FieldSelector): void {
  const own = resource.selectableFields === undefined ? undefined : fieldNames(resource);
  for (const { field } of selector) {
    if (own?.has(field) || field === "metadata.name") continue;
    if (field === "metadata.namespace" && hasNamespaceField(resource)) continue;
    if (own !== undefined) throw badRequest(unsupported(resource, field));
    throw badRequest(
      `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
    );
  }
}

const onlyInCore = new Set([...Object.values(sameField), "source"]);

function inEvents<T extends { field: string }>(term: T): T {
  const { field } = term;
  if (onlyInCore.has(field)) throw badRequest(`field label not supported: ${field}`);
  return { ...term, field: sameField[field] ?? field };
}

function fieldSelectorOf(endpoint: Endpoint, query: Query): FieldSelector {
  const named = parseFieldSelector(text(query, "fieldSelector"));
  const selector =
    endpoint.ref.group === "events.k8s.io" ? named.map((term) => inEvents(term)) : named;
  refuseUnknownFields(endpoint.resource, selector);
  return selector;
}

/** Empty demands are left to the matcher: no index holds "". */
function demanded(selector: FieldSelector, field: string): string | undefined {
  const value = requiredValue(selector, field);
  return value === "" ? undefined : value;
}

function scopeOf(endpoint: Endpoint, namespace: string, selector: FieldSelector): WatchScope {
  const { resource, ref } = endpoint;
  const index = resource.indexedFields
    ?.map((name) => ({ name, value: demanded(selector, name) }))
    .find(({ value }) => value !== undefined);
  const wanted = namespace === "" ? demanded(selector, "metadata.namespace") : namespace;
  return {
    group: resource.ref.group,
    resource: resource.ref.plural,
    namespace: ref.namespaced ? wanted : undefined,
    name: demanded(selector, "metadata.name"),
    index: index?.value === undefined ? undefined : { name: index.name, value: index.value },
  };
}

/** Their syntax alone: which fields there are is asked later. Throws BadRequest. */
export function checkSelectors(query: Query): void {
  parseLabelSelector(text(query, "labelSelector"));
  parseFieldSelector(text(query, "fieldSelector"));
}

/** Throws ApiError BadRequest for selectors that make no sense. */
export function selectionOf(endpoint: Endpoint, namespace: string, query: Query): Selection {
  const labels: Selector = parseLabelSelector(text(query, "labelSelector"));
  const fields = fieldSelectorOf(endpoint, query);
  const scope = scopeOf(endpoint, namespace, fields);
  const { resource } = endpoint;
  if (labels.length === 0 && fields.length === 0) return { scope, whole: true, matches: all };
  const onlyMetadata = fields.every(({ field }) => metadataFields.has(field));
  return {
    scope,
    whole: false,
    matches({ key, object }) {
      if (!matches(labels, object.metadata.labels)) return false;
      if (fields.length === 0) return true;
      const metadata = { "metadata.name": key.name, "metadata.namespace": key.namespace };
      const record = onlyMetadata ? metadata : { ...fieldsOf(resource, object), ...metadata };
      return matchesFields(fields, record);
    },
  };
}

const all = (): boolean => true;
