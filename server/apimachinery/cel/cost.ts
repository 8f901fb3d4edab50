/**
 * The most that an expression can cost, told by its shape before it is ever evaluated: evaluation itself has no
 * brake. Sizes are characters and elements, all that lie inside included.
 */
import type { ASTNode } from "@marcbachmann/cel-js";

interface Estimate {
  readonly cost: number;
  readonly size: number;
  /** Elements of a list or keys of a map. */
  readonly count: number;
}

/** Of anything that comes from outside. */
export interface InputSize {
  readonly size: number;
  readonly count: number;
}

/** Walking over a character costs a tenth of a step, as upstream counts. */
const characterCost = 0.1;
const one: Estimate = { cost: 1, size: 1, count: 1 };

type Names = ReadonlyMap<string, Estimate>;

const loops = new Set(["all", "exists", "exists_one", "map", "filter"]);
/** Each character may become a whole argument. */
const growing = new Set(["replace", "join", "format"]);

function sum(parts: readonly Estimate[]): Estimate {
  let [cost, size, count] = [1, 0, 0];
  for (const part of parts) {
    cost += part.cost;
    size += part.size;
    count += part.count;
  }
  return { cost, size, count };
}

class Estimator {
  readonly #input: Estimate;

  constructor(input: InputSize) {
    this.#input = { cost: 1, ...input };
  }

  of(node: ASTNode, names: Names): Estimate {
    const all = (nodes: readonly ASTNode[]) => sum(nodes.map((child) => this.of(child, names)));
    switch (node.op) {
      case "value":
        return typeof node.args === "string"
          ? { cost: 0, size: node.args.length + 1, count: node.args.length }
          : { ...one, cost: 0 };
      case "id":
        return names.get(node.args) ?? this.#input;
      case ".":
      case ".?":
        return this.#inside(this.of(node.args[0], names));
      case "[]":
      case "[?]": {
        const [holder, key] = node.args;
        const { cost } = this.of(key, names);
        const found = this.#inside(this.of(holder, names));
        return { ...found, cost: found.cost + cost };
      }
      case "list": {
        const items = all(node.args);
        return { ...items, size: items.size + node.args.length, count: node.args.length };
      }
      case "map": {
        const items = all(node.args.flat());
        return { ...items, size: items.size + node.args.length, count: node.args.length };
      }
      case "call":
        return walked(all(node.args[1]));
      case "rcall":
        return this.#method(node.args, names);
      case "!_":
      case "-_":
        return all([node.args]);
      case "?:":
      case "||":
      case "&&":
        return all(node.args);
      default:
        return walked(all(node.args));
    }
  }

  /** An element is no larger than what holds it. */
  #inside({ cost, size, count }: Estimate): Estimate {
    return { cost: cost + 1, size, count: Math.max(count, 1) };
  }

  #method([name, receiver, args]: [string, ASTNode, ASTNode[]], names: Names): Estimate {
    const [first, ...rest] = args;
    const last = rest.at(-1);
    if (first?.op === "id" && last !== undefined && (loops.has(name) || name === "bind")) {
      if (name === "bind" && rest[0] !== undefined) {
        const bound = this.of(rest[0], names);
        const body = this.of(last, new Map(names).set(first.args, { ...bound, cost: 1 }));
        return { ...body, cost: body.cost + bound.cost };
      }
      const range = this.of(receiver, names);
      const element = { cost: 1, size: range.size, count: range.count };
      const inner = new Map(names).set(first.args, element);
      const bodies = sum(rest.map((body) => this.of(body, inner)));
      const cost = range.cost + range.count * bodies.cost;
      if (name === "filter") return { ...range, cost };
      if (name === "map")
        return { cost, size: range.count * (bodies.size + 1), count: range.count };
      return { ...one, cost };
    }
    const parts = [receiver, ...args].map((part) => this.of(part, names));
    const total = walked(sum(parts));
    if (!growing.has(name)) return total;
    const size = parts.reduce((product, part) => product * (part.size + 1), 1);
    return { cost: total.cost + size * characterCost, size, count: size };
  }
}

function walked(estimate: Estimate): Estimate {
  return { ...estimate, cost: estimate.cost + estimate.size * characterCost };
}

export function worstCost(node: ASTNode, input: InputSize): number {
  const { cost, size } = new Estimator(input).of(node, new Map());
  return Math.max(cost, size);
}
