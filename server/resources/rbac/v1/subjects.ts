import type { Subject } from "#gen/api/rbac/v1.ts";

/** Users, groups and service accounts, a cell each. */
export function subjectCells(subjects: readonly Subject[] | undefined): [string, string, string] {
  const names = (kind: string): string =>
    (subjects ?? [])
      .filter((subject) => subject.kind === kind)
      .map(({ namespace = "", name }) =>
        kind === "ServiceAccount" ? `${namespace}/${name}` : name,
      )
      .join(", ");
  return [names("User"), names("Group"), names("ServiceAccount")];
}
