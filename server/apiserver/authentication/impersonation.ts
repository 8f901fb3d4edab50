/** Impersonation: acting as somebody else, with the right to each part of it. */
import { badRequest } from "#apimachinery/status.ts";
import type { AuthorizationAttributes, Authorizer, UserInfo } from "#apiserver/attributes.ts";
import { requireAllowed } from "#apiserver/authorization/authorizer.ts";
import { serviceAccountGroups, serviceAccountOf } from "./service-account-claims.ts";

const extraPrefix = "impersonate-extra-";

interface Impersonated {
  readonly name: string;
  readonly uid: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** Keys arrive lower-cased and percent-encoded; a header given twice arrives joined by commas. */
function extraOf(headers: Headers): Record<string, readonly string[]> {
  const extra: Record<string, readonly string[]> = {};
  for (const [name, value] of headers) {
    if (!name.startsWith(extraPrefix)) continue;
    const encoded = name.slice(extraPrefix.length);
    extra[decoded(encoded)] = value.split(",").map((part) => part.trim());
  }
  return extra;
}

function decoded(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

function listOf(value: string | null): readonly string[] {
  return value === null || value === "" ? [] : value.split(",").map((part) => part.trim());
}

function goList(values: readonly string[]): string {
  if (values.length === 0) return "[]string(nil)";
  return `[]string{${values.map((value) => JSON.stringify(value)).join(", ")}}`;
}

/** As Go prints it, which is what upstream's refusal shows. */
function goUser({ name, uid, groups, extra }: Impersonated): string {
  const entries = Object.entries(extra).map(
    ([key, list]) => `${JSON.stringify(key)}:${goList(list)}`,
  );
  const map = `map[string][]string${entries.length === 0 ? "(nil)" : `{${entries.join(", ")}}`}`;
  const head = `Name:${JSON.stringify(name)}, UID:${JSON.stringify(uid)}`;
  return `&user.DefaultInfo{${head}, Groups:${goList(groups)}, Extra:${map}}`;
}

/** undefined: nobody is to be impersonated. */
function requested(headers: Headers): Impersonated | undefined {
  const asked = {
    name: headers.get("impersonate-user") ?? "",
    uid: headers.get("impersonate-uid") ?? "",
    groups: listOf(headers.get("impersonate-group")),
    extra: extraOf(headers),
  };
  if (asked.name !== "") return asked;
  if (asked.uid === "" && asked.groups.length === 0 && Object.keys(asked.extra).length === 0) {
    return undefined;
  }
  throw badRequest(`requested ${goUser(asked)} without impersonating a user name`);
}

type Right = Pick<
  AuthorizationAttributes,
  "group" | "resource" | "subresource" | "namespace" | "name"
>;

function rightsFor({ name, uid, groups, extra }: Impersonated): Right[] {
  const core = { group: "", subresource: "", namespace: "" };
  const authentication = { ...core, group: "authentication.k8s.io" };
  const account = serviceAccountOf(name);
  return [
    account === undefined
      ? { ...core, resource: "users", name }
      : { ...core, resource: "serviceaccounts", ...account },
    ...groups.map((group) => ({ ...core, resource: "groups", name: group })),
    ...(uid === "" ? [] : [{ ...authentication, resource: "uids", name: uid }]),
    ...Object.entries(extra).flatMap(([subresource, values]) =>
      values.map((value) => ({
        ...authentication,
        resource: "userextras",
        subresource,
        name: value,
      })),
    ),
  ];
}

/** The groups that every user has without being given them. */
function completedGroups({ name, groups }: Impersonated): readonly string[] {
  const account = serviceAccountOf(name);
  const ofNode = name.startsWith("system:node:") ? ["system:nodes"] : [];
  const own = account === undefined ? ofNode : serviceAccountGroups(account.namespace);
  const given = groups.length === 0 ? own : groups;
  if (name === "system:anonymous" && !given.includes("system:unauthenticated"))
    return [...given, "system:unauthenticated"];
  if (given.includes("system:authenticated") || given.includes("system:unauthenticated")) {
    return given;
  }
  return [...given, "system:authenticated"];
}

const asking = ["impersonate-user", "impersonate-group", "impersonate-uid"];

/** Any of the headers; extras alone, without a name, are a mistake too. */
export function asksToImpersonate(headers: Headers): boolean {
  if (asking.some((name) => headers.has(name))) return true;
  for (const name of headers.keys()) if (name.startsWith(extraPrefix)) return true;
  return false;
}

/** Who the request acts as: `user`, unless it impersonates. Throws Forbidden without the right. */
export async function impersonated(
  headers: Headers,
  user: UserInfo,
  authorizer: Authorizer,
): Promise<UserInfo> {
  const asked = requested(headers);
  if (asked === undefined) return user;
  for (const right of rightsFor(asked)) {
    const attributes = {
      ...right,
      user,
      isResourceRequest: true,
      verb: "impersonate",
      version: "v1",
      path: "",
    };
    await requireAllowed(authorizer, attributes);
  }
  return { ...asked, groups: completedGroups(asked) };
}
