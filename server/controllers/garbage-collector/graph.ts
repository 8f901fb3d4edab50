/**
 * Who depends on whom, by uid, of every object in the cluster. An owner that somebody names but that no
 * informer has shown is a virtual node: it is looked up live before anything is concluded.
 *
 *   object ──owners──> node      node.dependents: the same edges, backwards
 */
import type { KubeObject, OwnerReference } from "#gen/api/meta/v1.ts";

export const foregroundFinalizer = "foregroundDeletion";
export const orphanFinalizer = "orphan";

export interface GraphNode {
  readonly uid: string;
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  owners: readonly OwnerReference[];
  readonly dependents: Set<GraphNode>;
  /** Not yet seen by an informer. */
  virtual: boolean;
  beingDeleted: boolean;
  /** On its way out, as soon as its dependents have gone. */
  deletingDependents: boolean;
}

/** What to look at after a change: `delete` asks whether the object must go, `orphan` frees its dependents. */
export interface Work {
  readonly verb: "delete" | "orphan";
  readonly uid: string;
}

export class Graph {
  readonly #nodes = new Map<string, GraphNode>();
  /** By the owner's uid; outlives a node that a wrong reference made us drop. */
  readonly #dependents = new Map<string, Set<GraphNode>>();

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid);
  }

  /** An object was added or changed. */
  upsert(object: KubeObject): readonly Work[] {
    const { uid = "", ownerReferences = [] } = object.metadata;
    const known = this.#nodes.get(uid);
    if (known?.virtual === true && !isSame(known, object)) {
      // Somebody named this uid with a wrong name: the object itself is right.
      return [...this.remove(uid), ...this.upsert(object)];
    }
    const node = known ?? this.#insert(nodeOf(object, this.#dependentsOf(uid)));
    node.virtual = false;
    const work = this.#reown(node, ownerReferences);
    return [...work, ...transitions(node, object)];
  }

  /** An object has gone, or turned out never to have been there. */
  remove(uid: string): readonly Work[] {
    const node = this.#nodes.get(uid);
    if (node === undefined) return [];
    this.#nodes.delete(uid);
    if (node.dependents.size === 0) this.#dependents.delete(uid);
    const work: Work[] = node.owners.flatMap((owner) => this.#detach(node, owner.uid));
    for (const dependent of node.dependents) work.push({ verb: "delete", uid: dependent.uid });
    return work;
  }

  #dependentsOf(uid: string): Set<GraphNode> {
    const known = this.#dependents.get(uid);
    if (known !== undefined) return known;
    const fresh = new Set<GraphNode>();
    this.#dependents.set(uid, fresh);
    return fresh;
  }

  #detach(node: GraphNode, ownerUid: string): readonly Work[] {
    const dependents = this.#dependents.get(ownerUid);
    dependents?.delete(node);
    const owner = this.#nodes.get(ownerUid);
    if (owner === undefined && dependents?.size === 0) this.#dependents.delete(ownerUid);
    return owner?.deletingDependents === true ? [{ verb: "delete", uid: ownerUid }] : [];
  }

  #insert(node: GraphNode): GraphNode {
    this.#nodes.set(node.uid, node);
    return node;
  }

  #reown(node: GraphNode, owners: readonly OwnerReference[]): readonly Work[] {
    const before = new Map(node.owners.map((owner) => [owner.uid, owner]));
    node.owners = owners;
    const work: Work[] = [];
    for (const reference of owners) {
      const old = before.get(reference.uid);
      before.delete(reference.uid);
      const owner = this.#nodes.get(reference.uid);
      if (owner === undefined) {
        const dependents = this.#dependentsOf(reference.uid).add(node);
        const virtual = this.#insert(virtualNode(reference, node.namespace, dependents));
        work.push({ verb: "delete", uid: virtual.uid });
        continue;
      }
      owner.dependents.add(node);
      const freed = old?.blockOwnerDeletion === true && reference.blockOwnerDeletion !== true;
      if (freed && owner.deletingDependents) work.push({ verb: "delete", uid: owner.uid });
      // It names an owner that is not, or not by this name: a live look decides.
      if (old === undefined && !names(reference, owner))
        work.push({ verb: "delete", uid: node.uid });
      if (old === undefined && owner.deletingDependents)
        work.push({ verb: "delete", uid: node.uid });
    }
    return [...work, ...[...before.keys()].flatMap((uid) => this.#detach(node, uid))];
  }
}

/** What begins with a change of deletionTimestamp and finalizers. */
function transitions(node: GraphNode, { metadata }: KubeObject): readonly Work[] {
  const { uid } = node;
  node.beingDeleted = metadata.deletionTimestamp !== undefined;
  if (!node.beingDeleted) return [];
  const finalizers = metadata.finalizers ?? [];
  if (finalizers.includes(orphanFinalizer)) return [{ verb: "orphan", uid }];
  if (!finalizers.includes(foregroundFinalizer)) {
    node.deletingDependents = false;
    return [];
  }
  const first = !node.deletingDependents;
  node.deletingDependents = true;
  if (!first) return [];
  const dependents = [...node.dependents].map((it): Work => ({ verb: "delete", uid: it.uid }));
  return [...dependents, { verb: "delete", uid }];
}

function nodeOf(object: KubeObject, dependents: Set<GraphNode>): GraphNode {
  const { uid = "", namespace = "", name } = object.metadata;
  const { apiVersion, kind } = object;
  return { ...emptyNode, uid, apiVersion, kind, namespace, name, dependents };
}

const emptyNode = { owners: [], virtual: false, beingDeleted: false, deletingDependents: false };

/** The namespace is a guess: whether the kind has one is known only to discovery. */
function virtualNode(
  { uid, apiVersion, kind, name }: OwnerReference,
  namespace: string,
  dependents: Set<GraphNode>,
): GraphNode {
  return { ...emptyNode, uid, apiVersion, kind, namespace, name, dependents, virtual: true };
}

function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}

function isSame(node: GraphNode, object: KubeObject): boolean {
  return node.kind === object.kind && node.name === object.metadata.name;
}

/** Whether a reference means this node, and not another one under its uid. */
export function names(reference: OwnerReference, node: GraphNode): boolean {
  return (
    reference.kind === node.kind &&
    reference.name === node.name &&
    groupOf(reference.apiVersion) === groupOf(node.apiVersion)
  );
}
