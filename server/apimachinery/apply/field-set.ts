/**
 * A set of fields as a tree, in the very shape of fieldsV1: a node's keys are path elements (path-element.ts),
 * `.` says that the node itself is in the set though something below it is too, and a node without keys is in
 * the set alone. The root is never in the set. So what the API shows needs no decoding, and sets share subtrees:
 * none is ever changed.
 */
import { compareElements } from "./path-element.ts";

export interface FieldSet {
  readonly [element: string]: FieldSet;
}

type Draft = Record<string, FieldSet>;

/** A node that is in the set and has nothing below it; as a root: the empty set. */
export const leaf: FieldSet = Object.freeze({});

export function isLeaf(node: FieldSet): boolean {
  for (const _ in node) return false;
  return true;
}

/** Of a root: nothing is in the set. */
export function isEmpty(set: FieldSet): boolean {
  return isLeaf(set);
}

/** Whether the node itself is in the set. */
export function isMember(node: FieldSet): boolean {
  return node["."] !== undefined || isLeaf(node);
}

/** Whether anything below the node is in the set. */
export function hasChildren(node: FieldSet): boolean {
  for (const element in node) if (element !== ".") return true;
  return false;
}

/** The node, itself in the set. */
export function asMember(node: FieldSet): FieldSet {
  return isMember(node) ? node : { ".": leaf, ...node };
}

/** A node of what is below it, `undefined` where nothing is in the set. */
export function nodeOf(member: boolean, children: FieldSet | undefined): FieldSet | undefined {
  if (children === undefined || isLeaf(children)) return member ? leaf : undefined;
  return member ? asMember(children) : children;
}

/** What is below a node, as a root. */
export function childrenOf(node: FieldSet): FieldSet {
  if (node["."] === undefined) return node;
  const { ".": _, ...children } = node;
  return children;
}

function unionOfNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  if (isLeaf(a)) return asMember(b);
  if (isLeaf(b)) return asMember(a);
  const both = union(a, b);
  return isMember(a) || isMember(b) ? asMember(both) : both;
}

/** What is in either. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isLeaf(b)) return a;
  if (isLeaf(a)) return b;
  const out: Draft = { ...a };
  for (const element in b) {
    const ours = out[element];
    const theirs = b[element] ?? leaf;
    out[element] = ours === undefined ? theirs : unionOfNodes(ours, theirs);
  }
  return out;
}

/** What is in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const out: Draft = {};
  for (const element in a) {
    const ours = a[element] ?? leaf;
    const theirs = b[element];
    if (element === "." || theirs === undefined) continue;
    const node = nodeOf(isMember(ours) && isMember(theirs), intersection(ours, theirs));
    if (node !== undefined) out[element] = node;
  }
  return out;
}

/** What is in `a` and not in `b`; a parent in `b` takes nothing below it. `a` itself where nothing goes. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  if (isLeaf(b)) return a;
  const out: Draft = {};
  let changed = false;
  for (const element in a) {
    const ours = a[element] ?? leaf;
    const theirs = b[element];
    if (element === ".") continue;
    const node = theirs === undefined ? ours : nodeWithout(ours, theirs);
    if (node !== undefined) out[element] = node;
    if (node !== ours) changed = true;
  }
  return changed ? out : a;
}

function nodeWithout(ours: FieldSet, theirs: FieldSet): FieldSet | undefined {
  const children = childrenOf(ours);
  const left = difference(children, theirs);
  const stays = isMember(ours) && !isMember(theirs);
  return left === children && stays === isMember(ours) ? ours : nodeOf(stays, left);
}

/** What is in `a` and neither in `b` nor below anything in `b`. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  if (isLeaf(b)) return a;
  const out: Draft = {};
  for (const element in a) {
    const ours = a[element] ?? leaf;
    const theirs = b[element];
    if (element === ".") continue;
    if (theirs === undefined) out[element] = ours;
    else if (!isMember(theirs)) {
      const children = recursiveDifference(childrenOf(ours), theirs);
      const node = nodeOf(isMember(ours), children);
      if (node !== undefined) out[element] = node;
    }
  }
  return out;
}

/** The set of these paths. */
export function setOf(...paths: readonly (readonly string[])[]): FieldSet {
  return paths.reduce<FieldSet>((set, path) => {
    const one = path.reduceRight<FieldSet>((below, element) => ({ [element]: below }), leaf);
    return union(set, one);
  }, leaf);
}

export function has(set: FieldSet, path: readonly string[]): boolean {
  let node: FieldSet | undefined = set;
  for (const element of path) node = node?.[element];
  return path.length > 0 && node !== undefined && isMember(node);
}

/** Every path in the set, in upstream's order: a node's own members before what lies deeper. */
export function* pathsOf(set: FieldSet, above: readonly string[] = []): Generator<string[]> {
  const elements = Object.keys(set)
    .filter((element) => element !== ".")
    .sort(compareElements);
  for (const element of elements) {
    if (isMember(set[element] ?? leaf)) yield [...above, element];
  }
  for (const element of elements) yield* pathsOf(set[element] ?? leaf, [...above, element]);
}

/** The same set with its elements in the order that fieldsV1 has them. */
export function sorted(set: FieldSet): FieldSet {
  const elements = Object.keys(set);
  let same = true;
  const nodes = elements.map((element, index) => {
    const before = elements[index - 1];
    if (before !== undefined && compareElements(before, element) > 0) same = false;
    const node = set[element] ?? leaf;
    const inOrder = sorted(node);
    if (inOrder !== node) same = false;
    return [element, inOrder] as const;
  });
  if (same) return set;
  return Object.fromEntries(nodes.sort(([a], [b]) => compareElements(a, b)));
}
