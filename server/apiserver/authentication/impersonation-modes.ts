/**
 * What a requester must be allowed so as to act as somebody else. Constrained modes (KEP-5284) ask twice: for the
 * identity (`impersonate:user-info` of users "jane") and for what is done under it (`impersonate-on:user-info:list`
 * of pods). The last, older mode asks for the identity alone (`impersonate`), in the core group.
 */
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { isDNS1123Subdomain } from "#apimachinery/validate.ts";
import { validateDomainPrefixedPath } from "#apimachinery/validate-names.ts";
import type { AuthorizationAttributes, Authorizer, UserInfo } from "#apiserver/attributes.ts";
import {
  forbiddenRequest,
  mastersGroup,
  requireAllowed,
} from "#apiserver/authorization/authorizer.ts";
import { nodesGroup, nodeUserPrefix } from "#apiserver/authorization/node-identity.ts";
import { serviceAccountGroups, serviceAccountOf } from "./service-account-claims.ts";

/** Of the extras of an account's token: the node that its pod runs on. */
export const nodeNameKey = "authentication.kubernetes.io/node-name";
const associatedKeys = "authentication.kubernetes.io/associated-node-keys";
/** From so many groups or extras on, the right to all of them is asked for first. */
const manyMin = 4;

type Applies = (asked: UserInfo, requester: UserInfo) => boolean;

export interface Mode {
  /** undefined: the older one, without constraints. */
  readonly constraint?: string;
  readonly applies: Applies;
}

function nodeOf(userName: string): string | undefined {
  if (!userName.startsWith(nodeUserPrefix)) return undefined;
  const name = userName.slice(nodeUserPrefix.length);
  return isDNS1123Subdomain(name).length === 0 ? name : undefined;
}

const isNode: Applies = ({ name }) => nodeOf(name) !== undefined;
const isAccount: Applies = ({ name }) => serviceAccountOf(name) !== undefined;

/** Of these the server knows all the rest. */
const byNameAlone =
  (is: Applies): Applies =>
  (asked, requester) =>
    asked.uid === "" &&
    asked.groups.length === 0 &&
    Object.keys(asked.extra).length === 0 &&
    is(asked, requester);

/** The token says that its pod runs on this node. */
const runsThere: Applies = ({ name }, requester) => {
  const [node, ...more] = requester.extra[nodeNameKey] ?? [];
  const isBound = node !== undefined && more.length === 0 && nodeOf(name) === node;
  return isBound && serviceAccountOf(requester.name) !== undefined;
};

const associatedNode = "associated-node";

/** In the order in which they are tried. */
export const modes: readonly Mode[] = [
  { constraint: associatedNode, applies: byNameAlone(runsThere) },
  { constraint: "arbitrary-node", applies: byNameAlone(isNode) },
  { constraint: "serviceaccount", applies: byNameAlone(isAccount) },
  { constraint: "user-info", applies: (...asked) => !isNode(...asked) && !isAccount(...asked) },
  { applies: () => true },
];

/** One identity asked for in one mode. */
class Identity {
  readonly #authorizer: Authorizer;
  readonly #attributes: AuthorizationAttributes;
  readonly #mode: Mode;

  constructor(authorizer: Authorizer, attributes: AuthorizationAttributes, mode: Mode) {
    this.#authorizer = authorizer;
    this.#mode = mode;
    const { user } = attributes;
    // The same for each node that an agent runs on: what it is told is kept short.
    const extra = { [associatedKeys]: Object.keys(user.extra).sort() };
    const isAssociated = mode.constraint === associatedNode;
    this.#attributes = isAssociated ? { ...attributes, user: { ...user, extra } } : attributes;
  }

  /** Throws Forbidden. */
  async check(asked: UserInfo): Promise<void> {
    const { constraint } = this.#mode;
    if (constraint !== undefined) {
      const verb = `impersonate-on:${constraint}:${this.#attributes.verb}`;
      await requireAllowed(this.#authorizer, { ...this.#attributes, verb });
    }
    await requireAllowed(this.#authorizer, this.#name(asked.name));
    if (asked.uid !== "") {
      const uid = this.#right({ resource: "uids", name: asked.uid }, true);
      await requireAllowed(this.#authorizer, uid);
    }
    await this.#groups(asked.groups);
    await this.#extra(asked.extra);
  }

  #right(
    part: Partial<AuthorizationAttributes>,
    isAuthentication = this.#mode.constraint !== undefined,
  ): AuthorizationAttributes {
    const { constraint } = this.#mode;
    return {
      user: this.#attributes.user,
      isResourceRequest: true,
      verb: constraint === undefined ? "impersonate" : `impersonate:${constraint}`,
      group: isAuthentication ? "authentication.k8s.io" : "",
      version: "v1",
      path: "",
      resource: "",
      subresource: "",
      namespace: "",
      name: "",
      ...part,
    };
  }

  #name(name: string): AuthorizationAttributes {
    const { constraint } = this.#mode;
    const node = constraint === undefined ? undefined : nodeOf(name);
    if (node !== undefined) {
      const any = constraint === associatedNode;
      return this.#right({ resource: "nodes", name: any ? "*" : node });
    }
    const account = serviceAccountOf(name);
    if (account !== undefined) return this.#right({ resource: "serviceaccounts", ...account });
    return this.#right({ resource: "users", name });
  }

  async #groups(groups: readonly string[]): Promise<void> {
    const resource = "groups";
    if (this.#mode.constraint !== undefined) {
      if (groups.includes(""))
        throw this.#never({ resource }, "impersonating the empty string group is not allowed");
      if (groups.includes(mastersGroup))
        throw this.#never(
          { resource, name: mastersGroup },
          `impersonating the ${mastersGroup} group is not allowed`,
        );
      if (groups.length >= manyMin && (await this.#may({ resource, name: "*" }))) return;
    }
    for (const name of groups)
      await requireAllowed(this.#authorizer, this.#right({ resource, name }));
  }

  async #extra(extra: UserInfo["extra"]): Promise<void> {
    const resource = "userextras";
    const values = Object.entries(extra).flatMap(([subresource, names]) =>
      names.map((name) => ({ resource, subresource, name })),
    );
    if (this.#mode.constraint !== undefined) {
      const fault = extraFault(extra);
      if (fault !== undefined) throw this.#never({ resource }, fault);
      const all = { resource, subresource: "*", name: "*" };
      if (values.length >= manyMin && (await this.#may(all))) return;
    }
    for (const value of values) await requireAllowed(this.#authorizer, this.#right(value, true));
  }

  async #may(part: Partial<AuthorizationAttributes>): Promise<boolean> {
    return (await this.#authorizer.authorize(this.#right(part))).allowed;
  }

  /** Whatever the requester is allowed. */
  #never(part: Partial<AuthorizationAttributes>, why: string): Error {
    return forbiddenRequest(this.#right(part), why);
  }
}

const told = ({ field, message }: FieldError): string => `${field}: ${message}`;

function extraFault(extra: UserInfo["extra"]): string | undefined {
  for (const [key, values] of Object.entries(extra)) {
    if (key === "") return "impersonating the empty string key in extra is not allowed";
    const [fault] = validateDomainPrefixedPath(new Path("extra").child("key"), key);
    if (fault !== undefined)
      return `impersonating an invalid key in extra is not allowed: ${told(fault)}`;
    if (key !== key.toLowerCase())
      return `impersonating a non-lowercase key in extra is not allowed: ${JSON.stringify(key)}`;
    if (values.length === 0) return "impersonating empty values in extra is not allowed";
    if (values.includes("")) return "impersonating the empty string value in extra is not allowed";
  }
  return undefined;
}

/** The groups that every user has without being given them. */
function completedGroups({ name, groups }: UserInfo, { constraint }: Mode): readonly string[] {
  const account = serviceAccountOf(name);
  // Who may only take a node's name is not given a node's rights with it.
  const ofNode = constraint !== undefined && nodeOf(name) !== undefined ? [nodesGroup] : [];
  const own = account === undefined ? ofNode : serviceAccountGroups(account.namespace);
  const given = groups.length === 0 ? own : groups;
  const unauthenticated = "system:unauthenticated";
  const authenticated = "system:authenticated";
  if (name !== "system:anonymous" && given.includes(unauthenticated)) return given;
  const every = name === "system:anonymous" ? unauthenticated : authenticated;
  return given.includes(every) ? given : [...given, every];
}

/** Who the request acts as in this mode. Throws Forbidden. */
export async function actingAs(
  mode: Mode,
  asked: UserInfo,
  parts: { readonly attributes: AuthorizationAttributes; readonly authorizer: Authorizer },
): Promise<UserInfo> {
  await new Identity(parts.authorizer, parts.attributes, mode).check(asked);
  return { ...asked, groups: completedGroups(asked, mode) };
}
