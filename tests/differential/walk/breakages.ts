/** Every way to break a place that its type suggests: nothing by chance, so that no edge is left to luck. */
import type { TypeSchema } from "#apimachinery/schema.ts";
import type { Place } from "../mutations.ts";
import type { Json } from "../words.ts";
import { edges } from "./values.ts";

/** What a place becomes; undefined: it goes. */
export type Breakage = Json | undefined;

/** A number as it is written: `1.0` and 2^63 are no JavaScript edges("numbers"). */
export const raw = (text: string): Json => ({ $raw: text });

/** Put before a key: the same key a second time. */
const again = "$again:";

/** JSON text, with what JavaScript cannot say. */
export const textOf = (body: unknown): string =>
  JSON.stringify(body)
    .replaceAll(/\{"\$raw":"([^"]*)"\}/g, "$1")
    .replaceAll(again, "");

const strangers: readonly Json[] = [null, "x", 7, true, [], {}, [null], { unknownField: 1 }];

const texts: readonly Json[] = [...edges("names"), ...edges("addresses"), ...edges("sentences")];

function ofScalar(name: string, words: readonly string[]): readonly Json[] {
  if (name === "bool") return [true, false, "true", 0];
  if (name === "bytes") return ["", "YQ==", "YQ", "YQ=", "Y Q==", "YQ==\n", "-_-_", "%%%"];
  if (name === "string") return [...words, ...texts];
  if (name === "any") return [1, "a", { a: 1 }, [1], true];
  return edges("numbers").map(raw);
}

function ofSpecial(name: string): readonly Json[] {
  switch (name) {
    case "Quantity":
      return [...edges("quantities"), ...["5", "1.5", "1e3", "-1"].map(raw)];
    case "IntOrString":
      return [
        "",
        "http",
        "50%",
        "101%",
        "-5%",
        "1.5%",
        "%",
        "1",
        "a_b",
        "a".repeat(16),
        "A",
        "8--0",
        ...["0", "1", "-1", "65535", "65536", "2147483648", "1.5"].map(raw),
      ];
    case "Time":
    case "MicroTime":
      return edges("moments");
    case "Duration":
      return edges("durations");
    default:
      return [{}, { type: "object" }, { a: 1 }, "a", 1, true, [], [1]];
  }
}

const many = 300;

function ofList(
  now: Json | undefined,
  item: TypeSchema,
  words: readonly string[],
): readonly Breakage[] {
  const first = Array.isArray(now) ? now[0] : undefined;
  const empty: readonly Json[] = [[], [null], [{}], [[]], [""]];
  if (!Array.isArray(now) || first === undefined) {
    if (item.kind !== "scalar" || item.name !== "string") return empty;
    const likely = [...words.slice(0, 8), "a", "10.0.0.1"];
    return [
      ...empty,
      ...likely.map((word) => [word]),
      ["a", "a"],
      ["b", "a"],
      [words[0] ?? "a", words[1] ?? "b"],
    ];
  }
  return [
    ...empty,
    [first, structuredClone(first)],
    [...now].reverse(),
    [...now, ...now],
    now.slice(1),
    [...now, null],
    Array.from({ length: many }, () => first),
  ];
}

const mapKeys = [
  "a",
  "",
  "A",
  "a b",
  "-a",
  "a-",
  "a/b",
  "/a",
  "a/",
  "a/b/c",
  "x.y/z",
  "X.y/z",
  "é",
  "a".repeat(64),
  "b".repeat(254),
  `${"d".repeat(254)}/a`,
  "kubernetes.io/a",
  "cpu",
  "memory",
  "pods",
  "storage",
  "hugepages-2Mi",
  "hugepages-x",
  "requests.cpu",
  "example.com/a",
  "attachable-volumes-x",
  ".",
  "..",
  "..a",
  "a..b",
  "a_b.c-d",
  "*",
];

function ofMap(now: Json | undefined, value: TypeSchema): readonly Json[] {
  const held = typeof now === "object" && now !== null && !Array.isArray(now) ? now : {};
  const sample: Json = Object.values(held)[0] ?? sampleOf(value);
  const keyed = mapKeys.map((key): Json => ({ ...held, [key]: sample }));
  return [{}, { a: null }, { a: [] }, { a: {} }, { a: 1 }, ...keyed];
}

function sampleOf(type: TypeSchema): Json {
  if (type.kind === "list") return [];
  if (type.kind === "struct" || type.kind === "map") return {};
  if (type.kind === "special" && type.name === "Quantity") return "1";
  return type.kind === "scalar" && type.name === "bytes" ? "YQ==" : "a";
}

/** In a fixed order; the same value is not said twice. */
export function breakagesOf(
  { type, present }: Place,
  now: Json | undefined,
  words: readonly string[],
): Breakage[] {
  const all: Breakage[] = present ? [undefined] : [];
  switch (type.kind) {
    case "scalar":
      all.push(...ofScalar(type.name, words));
      break;
    case "special":
      all.push(...ofSpecial(type.name));
      break;
    case "list":
      all.push(...ofList(now, type.item, words));
      break;
    case "map":
      all.push(...ofMap(now, type.value));
      break;
    case "struct":
      if (typeof now === "object" && now !== null && !Array.isArray(now)) {
        const [key] = Object.keys(now);
        all.push({ ...now, unknownField: 1 });
        if (key !== undefined) all.push({ ...now, [again + key]: now[key] ?? null });
      }
  }
  all.push(...strangers);
  const same = JSON.stringify(now);
  const seen = new Set<string | undefined>(present ? [same] : []);
  return all.filter((value) => {
    const text = JSON.stringify(value);
    return !seen.has(text) && seen.add(text);
  });
}
