/** Paths of the API: /api/v1/..., /apis/GROUP/VERSION/namespaces/NAMESPACE/PLURAL/NAME/SUBRESOURCE. */
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import type { ListOptions, WatchOptions } from "./client.ts";

export interface PathTarget {
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

type GroupVersionPlural = Pick<ResourceRef, "group" | "version" | "plural" | "namespaced">;

export function resourcePath(ref: GroupVersionPlural, target: PathTarget): string {
  const root = ref.group === "" ? `/api/${ref.version}` : `/apis/${ref.group}/${ref.version}`;
  const { namespace = "", name = "", subresource = "" } = target;
  const parts = [root];
  if (ref.namespaced && namespace !== "") parts.push("namespaces", encodeURIComponent(namespace));
  parts.push(ref.plural);
  if (name !== "") parts.push(encodeURIComponent(name));
  if (subresource !== "") parts.push(subresource);
  return parts.join("/");
}

type Parameters = Readonly<Record<string, string | number | boolean | undefined>>;

/** `?a=b&c=d`, without what is undefined or empty. */
export function queryOf(parameters: Parameters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

export function listQuery(options: ListOptions): string {
  const { labelSelector, fieldSelector, limit, resourceVersion, resourceVersionMatch } = options;
  const parameters = { labelSelector, fieldSelector, limit, resourceVersion, resourceVersionMatch };
  return queryOf({ ...parameters, continue: options.continue });
}

export function watchQuery(options: WatchOptions): string {
  const { labelSelector, fieldSelector, resourceVersion, timeoutSeconds } = options;
  const { allowWatchBookmarks, sendInitialEvents, resourceVersionMatch } = options;
  return queryOf({
    watch: true,
    labelSelector,
    fieldSelector,
    resourceVersion,
    timeoutSeconds,
    allowWatchBookmarks,
    sendInitialEvents,
    // sendInitialEvents is refused without it.
    resourceVersionMatch:
      resourceVersionMatch ?? (sendInitialEvents === undefined ? undefined : "NotOlderThan"),
  });
}
