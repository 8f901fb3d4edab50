/** The typed client: upstream's verbs over a Transport, in Kubernetes protobuf by default. */
import type { Draft, KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";

export interface ListOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly limit?: number | undefined;
  readonly continue?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly resourceVersionMatch?: "Exact" | "NotOlderThan" | undefined;
  /** Objects come as PartialObjectMetadata: apiVersion, kind and metadata, nothing else. */
  readonly metadataOnly?: boolean | undefined;
}

export interface WatchOptions extends Omit<ListOptions, "limit" | "continue"> {
  readonly timeoutSeconds?: number | undefined;
  readonly allowWatchBookmarks?: boolean | undefined;
  readonly sendInitialEvents?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number | undefined;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan" | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

export interface ListResult<T> {
  readonly resourceVersion: string;
  readonly continue: string;
  readonly items: readonly T[];
}

export interface WatchEvent<T> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: T;
}

export type PatchType =
  | "application/json-patch+json"
  | "application/merge-patch+json"
  | "application/strategic-merge-patch+json";

/** Every method throws ApiError with the server's Status on a refusal. */
export interface Client {
  get<T extends KubeObject>(ref: ResourceRef<T>, namespace: string, name: string): Promise<T>;
  list<T extends KubeObject>(ref: ResourceRef<T>, options?: ListOptions): Promise<ListResult<T>>;
  /** Ends when the server ends the stream; throws ApiError on an ERROR event or refusal. */
  watch<T extends KubeObject>(
    ref: ResourceRef<T>,
    options?: WatchOptions,
  ): AsyncIterable<WatchEvent<T>>;
  create<T extends KubeObject>(
    ref: ResourceRef<T>,
    namespace: string,
    object: Draft<T>,
  ): Promise<T>;
  update<T extends KubeObject>(ref: ResourceRef<T>, object: T): Promise<T>;
  updateStatus<T extends KubeObject>(ref: ResourceRef<T>, object: T): Promise<T>;
  /** PUT to another subresource that takes the object itself: finalize, approval. */
  updateSubresource<T extends KubeObject>(
    ref: ResourceRef<T>,
    subresource: string,
    object: T,
  ): Promise<T>;
  patch<T extends KubeObject>(
    ref: ResourceRef<T>,
    target: { readonly namespace: string; readonly name: string; readonly subresource?: string },
    type: PatchType,
    body: unknown,
  ): Promise<T>;
  /** Server-side apply by force: `manager` has these fields from then on, and no others. */
  apply<T extends KubeObject>(
    ref: ResourceRef<T>,
    target: { readonly namespace: string; readonly name: string; readonly subresource?: string },
    manager: string,
    fields: object,
  ): Promise<T>;
  delete<T extends KubeObject>(
    ref: ResourceRef<T>,
    namespace: string,
    name: string,
    options?: DeleteOptions,
  ): Promise<void>;
  /** Every object that the options select, in the namespace that they name. */
  deleteCollection<T extends KubeObject>(
    ref: ResourceRef<T>,
    selection: ListOptions,
    options?: DeleteOptions,
  ): Promise<void>;
  /** Any other call: POST to a subresource with a body of its own kind (binding, token, eviction, reviews). */
  post<R extends KubeObject>(path: string, body: { apiVersion: string; kind: string }): Promise<R>;
  /** A raw request for what is not an object (pods/log, healthz). */
  raw(path: string, init?: RequestInit): Promise<Response>;
}
