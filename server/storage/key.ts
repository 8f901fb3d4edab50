/** Keys as text, their order, and who is in a scope. */
import type { Key, Scope, Stored } from "#storage/storage.ts";

/** Names and namespaces hold no slash, so this is one to one. */
export function keyText({ group, resource, namespace, name }: Key): string {
  return `${group}/${resource}/${namespace}/${name}`;
}

export function resourceText({ group, resource }: { group: string; resource: string }): string {
  return `${group}/${resource}`;
}

/** Upstream's order is that of "namespace/name" as bytes: "a-b/x" comes before "a/x". */
export function orderText({ namespace, name }: Key): string {
  return namespace === "" ? name : `${namespace}/${name}`;
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function inKeyOrder<T extends Stored>(stored: Iterable<T>): T[] {
  return [...stored]
    .map((item) => ({ item, order: orderText(item.key) }))
    .sort((a, b) => compareText(a.order, b.order))
    .map(({ item }) => item);
}

export function inScope(scope: Scope, key: Key): boolean {
  return (
    key.resource === scope.resource &&
    key.group === scope.group &&
    (scope.namespace === undefined || key.namespace === scope.namespace)
  );
}
