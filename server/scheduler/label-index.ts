/**
 * Which selectors may select a pod's labels, and which label sets a selector may select, without asking each of
 * them: by a label that a selector demands, within the namespaces that it names. Whoever finds asks again.
 */
import type { Selector } from "#apimachinery/labels.ts";

/** What a pod has to be to be selected, as far as an index can tell. */
export interface Anchor {
  /** undefined: any. */
  readonly namespaces: readonly string[] | undefined;
  /** A label with one of these values; undefined: whatever its labels are. */
  readonly label: { readonly key: string; readonly values: readonly string[] } | undefined;
}

interface Labelled {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The label that tells most: few values, and long ones (`web` is in many namespaces, a hash is not). */
export function anchorLabel(selector: Selector): Anchor["label"] {
  if (selector === "nothing") return { key: "", values: [] };
  let best: Anchor["label"];
  for (const { key, operator, values } of selector) {
    if (operator !== "=" && operator !== "==" && operator !== "in") continue;
    const fewer = best === undefined || values.length < best.values.length;
    const longer =
      best?.values.length === values.length &&
      (values[0]?.length ?? 0) > (best.values[0]?.length ?? 0);
    if (fewer || longer) best = { key, values };
  }
  return best;
}

/** No namespace has this name. */
const anywhere = "*";

const place = (namespace: string, key: string, value: string) => `${namespace}\n${key}\n${value}`;

/** Of selectors, by what they demand. */
export class SelectorIndex<Item> {
  readonly #places = new Map<string, Item[]>();

  add(item: Item, { namespaces = [anywhere], label }: Anchor): void {
    for (const namespace of namespaces) {
      const values = label?.values ?? [undefined];
      for (const value of values) {
        const at = value === undefined ? namespace : place(namespace, label?.key ?? "", value);
        const items = this.#places.get(at);
        if (items === undefined) this.#places.set(at, [item]);
        else items.push(item);
      }
    }
  }

  clear(): void {
    this.#places.clear();
  }

  /** All that may select it, each once, in no order. */
  candidates({ namespace, labels }: Labelled): Item[] {
    const found = new Set<Item>();
    for (const home of [namespace, anywhere]) {
      for (const item of this.#places.get(home) ?? []) found.add(item);
      for (const key in labels) {
        const items = this.#places.get(place(home, key, labels[key] ?? "")) ?? [];
        for (const item of items) found.add(item);
      }
    }
    return [...found];
  }
}

/** Of label sets: by namespace, and by the values of those keys that somebody asked for. */
export class LabelIndex<Item extends Labelled> {
  readonly #items = new Set<Item>();
  readonly #byNamespace = new Map<string, Set<Item>>();
  readonly #byKey = new Map<string, Map<string, Set<Item>>>();

  add(item: Item): void {
    this.#items.add(item);
    enter(this.#byNamespace, item.namespace, item);
    for (const [key, values] of this.#byKey) index(values, key, item);
  }

  delete(item: Item): void {
    this.#items.delete(item);
    leave(this.#byNamespace, item.namespace, item);
    for (const [key, values] of this.#byKey) {
      const value = item.labels[key];
      if (value === undefined) continue;
      for (const home of [item.namespace, anywhere]) leave(values, `${home}\n${value}`, item);
    }
  }

  /** Forgets which keys were asked for. */
  forget(): void {
    this.#byKey.clear();
  }

  of(namespace: string): Iterable<Item> {
    return this.#byNamespace.get(namespace) ?? [];
  }

  *candidates({ namespaces, label }: Anchor): Iterable<Item> {
    if (label === undefined) {
      if (namespaces === undefined) yield* this.#items;
      else for (const namespace of new Set(namespaces)) yield* this.of(namespace);
      return;
    }
    const values = this.#valuesOf(label.key);
    for (const namespace of new Set(namespaces ?? [anywhere])) {
      for (const value of label.values) yield* values.get(`${namespace}\n${value}`) ?? [];
    }
  }

  #valuesOf(key: string): ReadonlyMap<string, Set<Item>> {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const values = new Map<string, Set<Item>>();
    for (const item of this.#items) index(values, key, item);
    this.#byKey.set(key, values);
    return values;
  }
}

function index<Item extends Labelled>(
  values: Map<string, Set<Item>>,
  key: string,
  item: Item,
): void {
  const value = item.labels[key];
  if (value === undefined) return;
  enter(values, `${item.namespace}\n${value}`, item);
  enter(values, `${anywhere}\n${value}`, item);
}

function enter<Item>(places: Map<string, Set<Item>>, at: string, item: Item): void {
  const items = places.get(at);
  if (items === undefined) places.set(at, new Set([item]));
  else items.add(item);
}

function leave<Item>(places: Map<string, Set<Item>>, at: string, item: Item): void {
  const items = places.get(at);
  items?.delete(item);
  if (items?.size === 0) places.delete(at);
}
