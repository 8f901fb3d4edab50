/** The order in which upstream looks at nodes: one of each zone in turn, zones and nodes as they came. Pure. */
import type { Labels } from "./predicate.ts";

/** Nodes of one key stand for each other; the older labels win. */
function zoneOf(labels: Labels): string {
  const of = (name: string) =>
    labels[`failure-domain.beta.kubernetes.io/${name}`] ?? labels[`topology.kubernetes.io/${name}`];
  const [region = "", zone = ""] = [of("region"), of("zone")];
  return region === "" && zone === "" ? "" : `${region}:\0:${zone}`;
}

export class NodeOrder {
  readonly #zones = new Map<string, string[]>();
  readonly #zoneOfNode = new Map<string, string>();

  get size(): number {
    return this.#zoneOfNode.size;
  }

  /** Returns whether the order changed. */
  set(name: string, labels: Labels): boolean {
    const zone = zoneOf(labels);
    if (this.#zoneOfNode.get(name) === zone) return false;
    this.remove(name);
    this.#zoneOfNode.set(name, zone);
    const there = this.#zones.get(zone);
    if (there === undefined) this.#zones.set(zone, [name]);
    else there.push(name);
    return true;
  }

  remove(name: string): boolean {
    const zone = this.#zoneOfNode.get(name);
    if (zone === undefined) return false;
    this.#zoneOfNode.delete(name);
    const left = this.#zones.get(zone)?.filter((other) => other !== name) ?? [];
    if (left.length === 0) this.#zones.delete(zone);
    else this.#zones.set(zone, left);
    return true;
  }

  names(): string[] {
    const zones = [...this.#zones.values()];
    const most = Math.max(0, ...zones.map((names) => names.length));
    const order: string[] = [];
    for (let index = 0; index < most; index++)
      for (const names of zones) {
        const name = names[index];
        if (name !== undefined) order.push(name);
      }
    return order;
  }
}
