/**
 * Roles and bindings, indexed by subject: a decision walks only the bindings of the asking user and
 * its groups. Kept by events, one object at a time; roles are looked up by name at decision time.
 */
import { aggregatedRules } from "#apimachinery/aggregate-cluster-roles.ts";
import type { UserInfo } from "#apiserver/attributes.ts";
import { follow, type View } from "#apiserver/object-reads.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import {
  type ClusterRole,
  type ClusterRoleBinding,
  clusterrolebindings,
  clusterroles,
  type PolicyRule,
  type Role,
  type RoleBinding,
  type RoleRef,
  rolebindings,
  roles,
  type Subject,
} from "#gen/api/rbac/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import type { CacheEvent, Entry, WatchCache } from "#storage/watch-cache.ts";

/** One subject of one binding. */
export interface Grant {
  readonly binding: ClusterRoleBinding | RoleBinding;
  readonly subject: Subject;
  readonly roleRef: RoleRef;
  /** "": bound in the whole cluster. */
  readonly namespace: string;
}

type Grants = Map<string, Map<string, Grant[]>>;

/** How the index names a subject; service accounts are the users that they authenticate as. */
function subjectKey(subject: Subject, bindingNamespace: string): string | undefined {
  if (subject.kind === "User") return `u:${subject.name}`;
  if (subject.kind === "Group") return `g:${subject.name}`;
  const namespace = subject.namespace ? subject.namespace : bindingNamespace;
  if (subject.kind !== "ServiceAccount" || namespace === "") return undefined;
  return `u:system:serviceaccount:${namespace}:${subject.name}`;
}

export class RbacIndex {
  readonly #clusterRoles = new Map<string, ClusterRole>();
  readonly #roles = new Map<string, Role>();
  /** Namespace ("" for the cluster) -> subject -> binding name -> its grants to that subject. */
  readonly #grants = new Map<string, Grants>();
  readonly #aggregated = new Map<string, readonly PolicyRule[]>();

  putClusterRole(role: ClusterRole): void {
    this.#clusterRoles.set(role.metadata.name, role);
    this.#aggregated.clear();
  }

  deleteClusterRole(role: ClusterRole): void {
    this.#clusterRoles.delete(role.metadata.name);
    this.#aggregated.clear();
  }

  putRole(role: Role): void {
    this.#roles.set(`${role.metadata.namespace}/${role.metadata.name}`, role);
  }

  deleteRole(role: Role): void {
    this.#roles.delete(`${role.metadata.namespace}/${role.metadata.name}`);
  }

  putBinding(binding: ClusterRoleBinding | RoleBinding): void {
    const namespace = binding.metadata.namespace ?? "";
    const grants = this.#grantsIn(namespace);
    for (const subject of binding.subjects ?? []) {
      const key = subjectKey(subject, namespace);
      if (key === undefined) continue;
      const ofSubject = grants.get(key) ?? new Map<string, Grant[]>();
      grants.set(key, ofSubject);
      const ofBinding = ofSubject.get(binding.metadata.name) ?? [];
      ofSubject.set(binding.metadata.name, ofBinding);
      ofBinding.push({ binding, subject, roleRef: binding.roleRef, namespace });
    }
  }

  deleteBinding(binding: ClusterRoleBinding | RoleBinding): void {
    const namespace = binding.metadata.namespace ?? "";
    const grants = this.#grantsIn(namespace);
    for (const subject of binding.subjects ?? []) {
      const key = subjectKey(subject, namespace);
      const ofSubject = key === undefined ? undefined : grants.get(key);
      ofSubject?.delete(binding.metadata.name);
      if (key !== undefined && ofSubject?.size === 0) grants.delete(key);
    }
    if (grants.size === 0) this.#grants.delete(namespace);
  }

  /** Every grant to the user: cluster-wide ones, then (with a namespace) those of that namespace. */
  *grantsTo(user: UserInfo, namespace: string): Generator<Grant> {
    yield* this.#grantsAt(user, "");
    if (namespace !== "") yield* this.#grantsAt(user, namespace);
  }

  /** The role's rules; undefined: there is no such role. Aggregated roles are the union that they select. */
  rules(roleRef: RoleRef, namespace: string): readonly PolicyRule[] | undefined {
    if (roleRef.kind === "Role") {
      const role = this.#roles.get(`${namespace}/${roleRef.name}`);
      return role === undefined ? undefined : (role.rules ?? []);
    }
    const role = this.#clusterRoles.get(roleRef.name);
    if (role === undefined) return undefined;
    return role.aggregationRule ? this.#aggregate(role) : (role.rules ?? []);
  }

  /** All that the user may do in the namespace (and everywhere). */
  rulesFor(user: UserInfo, namespace: string): readonly PolicyRule[] {
    const rules: PolicyRule[] = [];
    const counted = new Set<ClusterRoleBinding | RoleBinding>();
    for (const grant of this.grantsTo(user, namespace)) {
      // A binding counts once, however many of its subjects the user is.
      if (counted.has(grant.binding)) continue;
      counted.add(grant.binding);
      rules.push(...(this.rules(grant.roleRef, grant.namespace) ?? []));
    }
    return rules;
  }

  *#grantsAt(user: UserInfo, namespace: string): Generator<Grant> {
    const grants = this.#grants.get(namespace);
    if (grants === undefined) return;
    for (const ofBinding of grants.get(`u:${user.name}`)?.values() ?? []) yield* ofBinding;
    for (const group of user.groups) {
      for (const ofBinding of grants.get(`g:${group}`)?.values() ?? []) yield* ofBinding;
    }
  }

  #grantsIn(namespace: string): Grants {
    const grants = this.#grants.get(namespace) ?? new Map<string, Map<string, Grant[]>>();
    this.#grants.set(namespace, grants);
    return grants;
  }

  #aggregate(role: ClusterRole): readonly PolicyRule[] {
    const known = this.#aggregated.get(role.metadata.name);
    if (known !== undefined) return known;
    const rules = aggregatedRules(role, [...this.#clusterRoles.values()]);
    this.#aggregated.set(role.metadata.name, rules);
    return rules;
  }
}

interface Kept<T extends KubeObject> {
  readonly ref: ResourceRef<T>;
  put(object: T): void;
  drop(object: T): void;
}

function viewOf<T extends KubeObject>({ put, drop }: Kept<T>): View {
  const held = new Map<string, T>();
  const remove = (key: string): void => {
    const old = held.get(key);
    if (old !== undefined) drop(old);
    held.delete(key);
  };
  const set = (entry: Entry): void => {
    const key = `${entry.key.namespace}/${entry.key.name}`;
    remove(key);
    // The scope followed is the ref's own, so its entries hold T.
    const object = entry.object as T;
    held.set(key, object);
    put(object);
  };
  return {
    reset(entries) {
      for (const key of [...held.keys()]) remove(key);
      entries.forEach(set);
    },
    apply({ type, entry }: CacheEvent) {
      if (type === "DELETED") remove(`${entry.key.namespace}/${entry.key.name}`);
      else set(entry);
    },
  };
}

/** The index over a cache, current as the cache is. */
export function openRbacIndex(cache: Pick<WatchCache, "list" | "watch">): {
  readonly index: RbacIndex;
  close(): void;
} {
  const index = new RbacIndex();
  const keep = <T extends KubeObject>(kept: Kept<T>) =>
    follow(cache, { group: kept.ref.group, resource: kept.ref.plural }, viewOf(kept));
  const followed = [
    keep({
      ref: clusterroles,
      put: (role) => index.putClusterRole(role),
      drop: (role) => index.deleteClusterRole(role),
    }),
    keep({
      ref: roles,
      put: (role) => index.putRole(role),
      drop: (role) => index.deleteRole(role),
    }),
    keep({
      ref: clusterrolebindings,
      put: (binding) => index.putBinding(binding),
      drop: (binding) => index.deleteBinding(binding),
    }),
    keep({
      ref: rolebindings,
      put: (binding) => index.putBinding(binding),
      drop: (binding) => index.deleteBinding(binding),
    }),
  ];
  return {
    index,
    close: () =>
      followed.forEach((each) => {
        each.close();
      }),
  };
}
