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

export const rbacGroup = "rbac.authorization.k8s.io";

export function defaultBinding({
  roleRef,
  subjects,
}: {
  roleRef?: { apiGroup?: string | undefined } | undefined;
  subjects?: Subject[] | undefined;
}): void {
  if (roleRef !== undefined) roleRef.apiGroup ||= rbacGroup;
  for (const subject of subjects ?? [])
    if (subject.kind === "User" || subject.kind === "Group") subject.apiGroup ||= rbacGroup;
}
