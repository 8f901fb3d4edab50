/**
 * One YAML document, read in time that grows with its length: `yaml`'s own reader compares every key of a map with
 * every other, draws a picture of each error, and follows any depth.
 */
import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Parser,
  type ScalarTag,
} from "yaml";

/** Maps and lists within each other; upstream's reader bears more, people write a dozen. More is a bomb. */
const depthMax = 1_000;
/** Copies of anchored nodes; a text that wants more is a bomb. */
const aliasesMax = 100;

/** A key that stands twice in one map. */
export interface Double {
  readonly key: string;
  /** From 1. */
  readonly line: number;
}

export interface YamlDocument {
  readonly value: unknown;
  /** As they come in the text; the last of them won. */
  readonly doubles: readonly Double[];
}

class BoundedParser extends Parser {
  override *next(source: string): ReturnType<Parser["next"]> {
    yield* super.next(source);
    if (this.stack.length > depthMax) throw new Error("exceeded max depth");
  }
}

const yes = /^(?:y|Y|yes|Yes|YES|on|On|ON)$/;
const octal = /^[-+]?0[0-7_]+$/;
const binary = /^[-+]?0b[01_]+$/;
const spaced = /^[-+]?[1-9][0-9]*(?:_[0-9]+)+(?:\.[0-9]+)?$/;

/** YAML 1.1, as far as upstream's reader still knows it: `mode: 0644` is 420, and `n` is no text. */
const olderTags: ScalarTag[] = [
  {
    tag: "tag:yaml.org,2002:bool",
    default: true,
    test: /^(?:y|Y|yes|Yes|YES|on|On|ON|n|N|no|No|NO|off|Off|OFF)$/,
    resolve: (text) => yes.test(text),
  },
  {
    tag: "tag:yaml.org,2002:int",
    default: true,
    test: octal,
    resolve: (text) => Number.parseInt(text.replaceAll("_", ""), 8),
  },
  {
    tag: "tag:yaml.org,2002:int",
    default: true,
    test: binary,
    resolve: (text) => Number.parseInt(text.replaceAll(/_|0b/g, ""), 2),
  },
  {
    tag: "tag:yaml.org,2002:float",
    default: true,
    test: spaced,
    resolve: (text) => Number(text.replaceAll("_", "")),
  },
];

function composed(text: string): Document.Parsed | undefined {
  const composer = new Composer({
    logLevel: "silent",
    prettyErrors: false,
    uniqueKeys: false,
    customTags: (tags) => [...olderTags, ...tags],
  });
  const documents = composer.compose(new BoundedParser().parse(text), true, text.length);
  for (const document of documents) return document;
  return undefined;
}

/** The first document of the text. Throws Error with a sentence that says where it is malformed. */
export function readYamlDocument(text: string): YamlDocument {
  const document = composed(text);
  if (document === undefined) return { value: {}, doubles: [] };
  const [error] = document.errors;
  if (error !== undefined) {
    const [start] = error.pos;
    const before = text.slice(0, start).split("\n");
    throw new Error(
      `${error.message} at line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`,
    );
  }
  const starts = new Map<number, string>();
  collectDoubles(document.contents, starts);
  return {
    value: document.toJS({ maxAliasCount: aliasesMax }) ?? {},
    doubles: [...withLines(text, starts)],
  };
}

/** `.inf` and `.nan`: JSON has neither. */
function refuseEndless(node: unknown): void {
  if (isScalar(node) && typeof node.value === "number" && !Number.isFinite(node.value))
    throw new Error(`json: unsupported value: ${node.value}`);
}

/** `open`: anchors of the nodes around this one. */
function collectDoubles(
  node: unknown,
  doubles: Map<number, string>,
  open: ReadonlySet<string> = new Set(),
): void {
  if (isAlias(node) && open.has(node.source)) {
    throw new Error(`anchor '${node.source}' value contains itself`);
  }
  refuseEndless(node);
  if (!isMap(node) && !isSeq(node)) return;
  const around = node.anchor === undefined ? open : new Set([...open, node.anchor]);
  if (isSeq(node)) {
    for (const item of node.items) collectDoubles(item, doubles, around);
    return;
  }
  const keys = new Set<unknown>();
  for (const { key, value } of node.items) {
    if (isScalar(key)) {
      if (key.value === null) throw new Error("unsupported map key of type: %!s(<nil>)");
      if (keys.has(key.value)) doubles.set(key.range?.[0] ?? 0, `${key.value}`);
      keys.add(key.value);
    } else collectDoubles(key, doubles, around);
    collectDoubles(value, doubles, around);
  }
}

/** `starts` ascend: the text is walked once. */
function* withLines(text: string, starts: ReadonlyMap<number, string>): Generator<Double> {
  let line = 1;
  let at = 0;
  for (const [start, key] of starts) {
    for (let end = text.indexOf("\n", at); end >= 0 && end < start; end = text.indexOf("\n", at)) {
      line += 1;
      at = end + 1;
    }
    yield { key, line };
  }
}
