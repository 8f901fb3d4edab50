/** The URL, taken apart as upstream's RequestInfoFactory does. One pass of indexOf: this runs for every request. */

import type { RequestInfo } from "./attributes.ts";
import { decodedPart } from "./decoded-part.ts";

const verbOfMethod: Readonly<Record<string, string>> = {
  POST: "create",
  GET: "get",
  HEAD: "get",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

/** Subresources of a namespace that are not resources in it. */
const namespaceSubresources = new Set(["status", "finalize"]);

function otherPath(method: string, path: string): RequestInfo {
  return {
    isResourceRequest: false,
    verb: method.toLowerCase(),
    path,
    group: "",
    version: "",
    resource: "",
    subresource: "",
    namespace: "",
    name: "",
  };
}

interface Place {
  readonly namespace: string;
  readonly resource: string;
  readonly name: string;
  readonly subresource: string;
}

/** What follows /api/v1 or /apis/G/V. */
function placeOf(parts: readonly string[]): Place {
  const [first = "", second = "", third = ""] = parts;
  if (first !== "namespaces") return placeIn("", parts);
  // Of the namespace without a name: of all of them.
  if (second === "") return third === "" ? placeIn("", parts) : placeIn("", parts.slice(2));
  if (third === "" || namespaceSubresources.has(third)) {
    return placeIn(second, ["namespaces", ...parts.slice(1)]);
  }
  return placeIn(second, parts.slice(2));
}

function placeIn(namespace: string, parts: readonly string[]): Place {
  const [resource = "", name = "", subresource = ""] = parts;
  // Only what stands behind a proxy has paths of its own: all else of more steps is no subresource that there is.
  const whole =
    parts.length > 3 && subresource !== "proxy" ? parts.slice(2).join("/") : subresource;
  return { namespace, resource, name, subresource: whole };
}

function collectionVerb(verb: string, query: URLSearchParams | undefined): string {
  if (verb === "get") {
    const watch = query?.get("watch");
    return watch === undefined || watch === null || watch === "0" || watch === "false"
      ? "list"
      : "watch";
  }
  return verb === "delete" ? "deletecollection" : verb;
}

/** A list or watch of one name by field selector is authorized as of that name. */
function nameInSelector(query: URLSearchParams | undefined): string {
  const selector = query?.get("fieldSelector") ?? "";
  if (!selector.startsWith("metadata.name=")) return "";
  const name = selector.slice("metadata.name=".length).replace(/^=/, "");
  return /^[-a-z0-9.:]+$/.test(name) ? name : "";
}

/** As many as the longest path has that means something: apis, group, version, watch, namespaces, its name, resource, name, subresource. */
const partsMax = 10;

/** What is beyond is one part: an address of half a million steps is not taken apart. */
function partsOf(path: string): string[] {
  const parts: string[] = [];
  const end = path.endsWith("/") ? path.length - 1 : path.length;
  let from = 1;
  while (parts.length < partsMax - 1) {
    const to = path.indexOf("/", from);
    if (to < 0 || to >= end) break;
    parts.push(path.slice(from, to));
    from = to + 1;
  }
  parts.push(path.slice(from, end));
  return parts;
}

/**
 * `path` is absolute and without the query. A path under /api or /apis that names no resource (discovery)
 * is no resource request.
 */
export function requestInfo(
  method: string,
  path: string,
  query: URLSearchParams | undefined,
): RequestInfo {
  const legacy = path.startsWith("/api/");
  if (!legacy && !path.startsWith("/apis/")) return otherPath(method, path);
  // An encoded slash separates too: no name holds one.
  const parts = partsOf(path.includes("%") ? decodedPart(path) : path);
  const group = legacy ? "" : (parts[1] ?? "");
  const version = (legacy ? parts[1] : parts[2]) ?? "";
  let rest = parts.slice(legacy ? 2 : 3);
  if (rest.length === 0) return otherPath(method, path);
  let verb = verbOfMethod[method] ?? "";
  const oldWatch = rest[0] === "watch" && rest.length > 1;
  if (oldWatch) rest = rest.slice(1);
  const place = placeOf(rest);
  const inCollection = place.name === "";
  if (oldWatch) verb = "watch";
  else if (inCollection) verb = collectionVerb(verb, query);
  else if (verb === "get" && query?.get("watch") === "true" && place.subresource === "") {
    verb = "get";
  }
  const readsMany = verb === "list" || verb === "watch" || verb === "deletecollection";
  const name = inCollection && readsMany ? nameInSelector(query) : place.name;
  return { isResourceRequest: true, path, group, version, verb, ...place, name };
}
