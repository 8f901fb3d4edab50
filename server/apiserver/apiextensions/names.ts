/**
 * Whether a definition's names are free, and what its status says of that (upstream's naming controller). The
 * first to come keeps a name; the other's definition stays unestablished until the name is free.
 */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { formatTime } from "#apimachinery/time.ts";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionStatus,
} from "#gen/api/apiextensions/v1.ts";

type Condition = Omit<CustomResourceDefinitionCondition, "lastTransitionTime">;

interface Taken {
  /** Plural, singular and short names: one space. */
  readonly resources: ReadonlySet<string>;
  /** Kinds and list kinds: another. */
  readonly kinds: ReadonlySet<string>;
}

function takenBy(others: readonly CustomResourceDefinition[]): Taken {
  const names = others.map(({ status }) => status?.acceptedNames).filter((it) => it !== undefined);
  const filled = (all: readonly (string | undefined)[]) =>
    new Set(all.filter((name) => name !== undefined && name !== ""));
  return {
    resources: filled(names.flatMap((it) => [it.plural, it.singular, ...(it.shortNames ?? [])])),
    kinds: filled(names.flatMap((it) => [it.kind, it.listKind])),
  } as Taken;
}

interface Accepted {
  readonly names: CustomResourceDefinitionNames;
  readonly condition: Condition;
}

/** What may be taken of the wanted names; what may not stays as it was accepted before. */
function accept({ spec, status }: CustomResourceDefinition, taken: Taken): Accepted {
  const wanted = spec.names;
  const before = status?.acceptedNames;
  const clashes: [reason: string, name: string][] = [];
  const pick = (
    set: ReadonlySet<string>,
    name: string | undefined,
    kept: string | undefined,
    reason: string,
  ): string | undefined => {
    if (name === undefined || name === "" || name === kept || !set.has(name)) return name;
    clashes.push([reason, name]);
    return kept;
  };
  const plural = pick(taken.resources, wanted.plural, before?.plural, "PluralConflict") ?? "";
  const singular = pick(taken.resources, wanted.singular, before?.singular, "SingularConflict");
  const kept = before?.shortNames ?? [];
  const blocked = (wanted.shortNames ?? []).filter(
    (name) => !kept.includes(name) && taken.resources.has(name),
  );
  for (const name of blocked) clashes.push(["ShortNamesConflict", name]);
  const shortNames = blocked.length > 0 ? before?.shortNames : wanted.shortNames;
  const kind = pick(taken.kinds, wanted.kind, before?.kind, "KindConflict") ?? "";
  const listKind = pick(taken.kinds, wanted.listKind, before?.listKind, "ListKindConflict");
  const { categories } = wanted;
  const last = clashes.at(-1);
  return {
    names: { plural, singular, shortNames, kind, listKind, categories },
    condition:
      last === undefined
        ? condition("NamesAccepted", "True", "NoConflicts", "no conflicts found")
        : condition("NamesAccepted", "False", last[0], `"${last[1]}" is already in use`),
  };
}

function condition(type: string, status: string, reason: string, message: string): Condition {
  return { type, status, reason, message };
}

function establishedCondition(definition: CustomResourceDefinition, accepted: boolean): Condition {
  const before = definition.status?.conditions?.find(({ type }) => type === "Established");
  // Once established, a definition stays so: its objects must stay reachable.
  if (before?.status === "True") return before;
  return accepted
    ? condition(
        "Established",
        "True",
        "InitialNamesAccepted",
        "the initial names have been accepted",
      )
    : condition("Established", "False", "NotAccepted", "not all names are accepted");
}

/** The conditions with `next` in their places; the time moves only where the status does. */
export function withConditions(
  old: readonly CustomResourceDefinitionCondition[] | undefined,
  next: readonly Condition[],
  now: Date,
): CustomResourceDefinitionCondition[] {
  const dated = (one: Condition): CustomResourceDefinitionCondition => {
    const before = old?.find(({ type }) => type === one.type);
    const same = before?.status === one.status ? before.lastTransitionTime : undefined;
    return { ...one, lastTransitionTime: same ?? formatTime(now) };
  };
  const kept = (old ?? []).map((one) => [one, next.find(({ type }) => type === one.type)] as const);
  const added = next.filter(({ type }) => !old?.some((one) => one.type === type));
  return [
    ...kept.map(([one, replacement]) => (replacement === undefined ? one : dated(replacement))),
    ...added.map(dated),
  ];
}

/** The status that the definition should have beside `others`; undefined where it has it. */
export function namedStatus(
  definition: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
  now: Date,
): CustomResourceDefinitionStatus | undefined {
  const { spec, metadata, status } = definition;
  const inGroup = others.filter(
    (other) => other.spec.group === spec.group && other.metadata.name !== metadata.name,
  );
  const { names, condition: accepted } = accept(definition, takenBy(inGroup));
  const established = establishedCondition(definition, accepted.status === "True");
  const conditions = withConditions(status?.conditions, [accepted, established], now);
  const next = { ...status, acceptedNames: names, conditions };
  return deepEqual(next, status) ? undefined : next;
}
