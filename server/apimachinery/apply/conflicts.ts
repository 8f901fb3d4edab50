/** What an apply may not take from other managers, as the refusal that upstream answers. */
import { type ApiError, refusal } from "#apimachinery/status.ts";
import { difference, type FieldSet, isEmpty, leaf, pathsOf, union } from "./field-set.ts";
import type { Manager } from "./managers.ts";
import { printElement } from "./path-element.ts";

/** By manager id: the fields it holds that the apply would change. */
export type Conflicts = ReadonlyMap<string, { readonly manager: Manager; readonly set: FieldSet }>;

function printManager({ manager, operation, apiVersion, subresource }: Manager): string {
  const name = JSON.stringify(manager);
  const part =
    subresource === "" ? name : `${name} with subresource ${JSON.stringify(subresource)}`;
  return operation === "Update" ? `${part} using ${apiVersion}` : part;
}

function printPath(path: readonly string[]): string {
  return path.map(printElement).join("");
}

/** Conflicts that remain when these fields may be taken. */
export function conflictsBeyond(conflicts: Conflicts, allowed: FieldSet): Conflicts {
  const left = [...conflicts].map(
    ([id, { manager, set }]) => [id, { manager, set: difference(set, allowed) }] as const,
  );
  return new Map(left.filter(([, { set }]) => !isEmpty(set)));
}

export function conflictingFields(conflicts: Conflicts): FieldSet {
  return [...conflicts.values()].reduce<FieldSet>((all, { set }) => union(all, set), leaf);
}

export function conflictError(conflicts: Conflicts): ApiError {
  const all = [...conflicts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, conflict]) => conflict);
  const causes = all.flatMap(({ manager, set }) =>
    [...pathsOf(set)].map((path) => ({
      reason: "FieldManagerConflict",
      message: `conflict with ${printManager(manager)}`,
      field: printPath(path),
    })),
  );
  const [only] = causes;
  if (causes.length === 1 && only !== undefined) {
    const message = `Apply failed with 1 conflict: ${only.message}: ${only.field}`;
    return refusal("Conflict", message, { causes });
  }
  const lines = all.flatMap(({ manager, set }) => [
    `conflicts with ${printManager(manager)}:`,
    ...[...pathsOf(set)].map((path) => `- ${printPath(path)}`),
  ]);
  const message = `Apply failed with ${causes.length} conflicts: ${lines.join("\n")}`;
  return refusal("Conflict", message, { causes });
}
