/** The resourceVersion rules of reads, as upstream's ValidateListOptions and its storage state them. */
import { type FieldError, forbiddenField, notSupported, Path } from "#apimachinery/field-error.ts";
import { badRequest, invalid, plainFailure } from "#apimachinery/status.ts";
import type { Revision } from "#storage/storage.ts";
import { flag, integer, type Query, text } from "./query.ts";

export interface ListOptions {
  readonly resourceVersion: string;
  readonly match: string;
  readonly limit: number;
  readonly continue: string;
  readonly sendInitialEvents: boolean | undefined;
  readonly allowWatchBookmarks: boolean;
  readonly timeoutSeconds: number | undefined;
}

export function listOptions(query: Query): ListOptions {
  const initial = query?.get("sendInitialEvents") ?? undefined;
  return {
    resourceVersion: text(query, "resourceVersion"),
    match: text(query, "resourceVersionMatch"),
    limit: integer(query, "limit") ?? 0,
    continue: text(query, "continue"),
    sendInitialEvents: initial === undefined ? undefined : flag(query, "sendInitialEvents"),
    allowWatchBookmarks: flag(query, "allowWatchBookmarks"),
    timeoutSeconds: integer(query, "timeoutSeconds"),
  };
}

function matchErrors(options: ListOptions): FieldError[] {
  const path = new Path("resourceVersionMatch");
  const { match, resourceVersion } = options;
  if (match === "") return [];
  const errors: FieldError[] = [];
  if (resourceVersion === "") {
    errors.push(
      forbiddenField(path, "resourceVersionMatch is forbidden unless resourceVersion is provided"),
    );
  }
  if (options.continue !== "") {
    errors.push(
      forbiddenField(path, "resourceVersionMatch is forbidden when continue is provided"),
    );
  }
  if (match !== "Exact" && match !== "NotOlderThan") {
    errors.push(notSupported(path, match, ["Exact", "NotOlderThan", ""], "as given"));
  }
  if (match === "Exact" && resourceVersion === "0") {
    errors.push(
      forbiddenField(path, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'),
    );
  }
  return errors;
}

function watchErrors(options: ListOptions): FieldError[] {
  const { match, sendInitialEvents } = options;
  const path = new Path("resourceVersionMatch");
  const errors: FieldError[] = [];
  if (sendInitialEvents === undefined && match !== "") {
    const why = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided";
    errors.push(forbiddenField(path, why));
  }
  if (sendInitialEvents !== undefined && match !== "NotOlderThan") {
    const why = "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan";
    errors.push(forbiddenField(path, why));
  }
  if (match !== "" && match !== "NotOlderThan") {
    errors.push(notSupported(path, match, ["NotOlderThan"]));
  }
  if (options.continue !== "" && match !== "") {
    errors.push(
      forbiddenField(path, "resourceVersionMatch is forbidden when continue is provided"),
    );
  }
  return errors;
}

function initialEventsErrors(options: ListOptions): FieldError[] {
  if (options.sendInitialEvents === undefined) return [];
  return [forbiddenField(new Path("sendInitialEvents"), "sendInitialEvents is forbidden for list")];
}

/** A watch from no version starts with the state, as if it had asked for it. */
export function watchOptions(query: Query): ListOptions {
  const options = listOptions(query);
  const { resourceVersion, match, sendInitialEvents } = options;
  const isOld = resourceVersion === "" || resourceVersion === "0";
  if (!isOld || match !== "" || sendInitialEvents !== undefined) return options;
  return { ...options, match: "NotOlderThan", sendInitialEvents: true };
}

/** Throws Invalid as upstream's ListOptions. */
export function checkListOptions(options: ListOptions, verb: "list" | "watch"): void {
  const errors =
    verb === "watch"
      ? watchErrors(options)
      : [...matchErrors(options), ...initialEventsErrors(options)];
  if (errors.length > 0) {
    throw invalid({ group: "meta.k8s.io", kind: "ListOptions" }, "", errors);
  }
}

/** 0 for "" and "0". Throws upstream's sentence for what is no resourceVersion: as BadRequest, where it says it of a list. */
export function revisionOf(resourceVersion: string, of: "list" | "one" = "list"): Revision {
  if (resourceVersion === "" || resourceVersion === "0") return 0;
  const revision = Number(resourceVersion);
  if (!/^\d+$/.test(resourceVersion) || !Number.isSafeInteger(revision)) {
    const why = /^\d+$/.test(resourceVersion) ? "value out of range" : "invalid syntax";
    const shown = JSON.stringify(resourceVersion);
    const sentence = `resourceVersion: Invalid value: ${shown}: strconv.ParseUint: parsing ${shown}: ${why}`;
    throw of === "one"
      ? plainFailure(sentence)
      : badRequest(`invalid resource version: ${sentence}`);
  }
  return revision;
}
