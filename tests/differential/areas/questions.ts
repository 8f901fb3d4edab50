/** The ways to write one object, as questions. */
import type { Question } from "../side.ts";

const types = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

export type PatchType = keyof typeof types;

export const create = (path: string, body: unknown): Question => ({ method: "POST", path, body });

export const update = (path: string, body: unknown): Question => ({ method: "PUT", path, body });

export const read = (path: string, accept?: string): Question =>
  accept === undefined ? { method: "GET", path } : { method: "GET", path, accept };

export const remove = (path: string, body?: unknown): Question =>
  body === undefined ? { method: "DELETE", path } : { method: "DELETE", path, body };

export const patch = (type: PatchType, path: string, body: unknown): Question => ({
  method: "PATCH",
  path,
  contentType: types[type],
  body,
});
