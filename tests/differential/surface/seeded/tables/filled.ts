/** What rich objects of the tables are made of: chance among values that are valid. */
import type { Choices } from "../../../random.ts";

// biome-ignore lint/suspicious/noExplicitAny: objects of every shape
export type Filled = Record<string, any>;

/** An object to create, and what its status then is. */
export interface Rich {
  readonly path: string;
  readonly object: Filled;
  readonly status?: Filled;
}

/** Makes the object of that name; `NS` in it is the walk's namespace. */
export type RichMaker = (choices: Choices, name: string) => Rich;

const minute = 60_000;
const agesInMinutes = [16, 25, 45, 179, 200, 477, 500, 1_000, 2_870, 2_900, 5_000, 11_000, 12_000];
const agesInDays = [30, 400, 729, 731, 1_500, 2_900, 2_930, 5_000];

/** A time long enough ago that a few seconds do not show. */
export function someTime(choices: Choices): string {
  const minutes = choices.of([...agesInMinutes, ...agesInDays.map((days) => days * 24 * 60)]);
  // Half a minute over, so that two servers a moment apart say the same.
  return `${new Date(Date.now() - minutes * minute - minute / 2).toISOString().slice(0, 19)}Z`;
}

/** With some of the fields left out. */
export function someOf(choices: Choices, fields: Filled, share = 0.6): Filled {
  return Object.fromEntries(Object.entries(fields).filter(() => choices.fraction() < share));
}

export const maybe = <T>(choices: Choices, value: T, share = 0.5): T | undefined =>
  choices.fraction() < share ? value : undefined;

/** From none to `max` of what `make` makes. */
export const upTo = <T>(choices: Choices, max: number, make: (index: number) => T): T[] =>
  Array.from({ length: choices.below(max + 1) }, (_, index) => make(index));

export const inNamespace = (root: string, plural: string): string =>
  `${root}/namespaces/NS/${plural}`;

export const containers = (choices: Choices): Filled[] => [
  { name: "one", image: choices.of(["nginx", "registry.example.com:5000/a/b:1.2", "a@sha256:x"]) },
  ...upTo(choices, 2, (index) => ({ name: `more-${index}`, image: `image:${index}` })),
];

export const labels = (choices: Choices): Filled =>
  choices.of<Filled>([{ a: "b" }, { z: "1", a: "2" }, { "example.com/x": "", b: "c" }]);

export const template = (choices: Choices, own: Filled, spec: Filled = {}): Filled => ({
  metadata: { labels: own },
  spec: { containers: containers(choices), ...spec },
});

/** What selects an object of these labels, in one of the ways to say it. */
export function selectorOf(choices: Choices, own: Filled): Filled {
  const [key = "", value = ""] = Object.entries(own)[0] ?? [];
  return choices.of<Filled>([
    { matchLabels: own },
    { matchExpressions: [{ key, operator: "In", values: [value, "other"] }] },
    { matchExpressions: [{ key, operator: "Exists" }], matchLabels: own },
    { matchLabels: own, matchExpressions: [{ key: "not", operator: "DoesNotExist" }] },
    { matchExpressions: [{ key, operator: "NotIn", values: ["y", "x"] }] },
  ]);
}

export const conditionStatus = (choices: Choices): string =>
  choices.of(["True", "True", "False", "Unknown"]);

export const counts = [0, 0, 1, 2, 3, 10];
