/** One check of the Pod Security Standards, and the words that its refusal is made of. */
import type { Container, EphemeralContainer, PodSpec } from "#gen/api/core/v1.ts";
import type { ObjectMeta } from "#gen/api/meta/v1.ts";

export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

/** undefined: the pod passes. */
export type PodCheck = (spec: PodSpec, metadata: ObjectMeta) => Violation | undefined;

/**
 * What is asked in each version of the standards: from that minor version on, the check beside it. Controls stand in
 * upstream's order of their ids, which is the order of their reasons in a refusal.
 */
export interface Control {
  readonly versions: readonly (readonly [since: number, check: PodCheck])[];
  /** The control of the baseline level that this one of the restricted level takes in. */
  readonly replaces?: Control;
}

export const always = (check: PodCheck): Control => ({ versions: [[0, check]] });

/** undefined: the version knows no such control. */
export const checkAt = ({ versions }: Control, minor: number): PodCheck | undefined =>
  versions.findLast(([since]) => since <= minor)?.[1];

/** Root of a user namespace is nobody outside of it. */
export const unlessInUserNamespace =
  (check: PodCheck): PodCheck =>
  (spec, metadata) =>
    spec.hostUsers === false ? undefined : check(spec, metadata);

export type AnyContainer = Container | EphemeralContainer;

/** Init containers, containers, ephemeral containers: upstream's order of visiting. */
export function allContainers(spec: PodSpec): readonly AnyContainer[] {
  return [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ];
}

export function namesOf(containers: readonly { readonly name: string }[]): readonly string[] {
  return containers.map(({ name }) => name);
}

export function quoted(values: readonly string[]): string {
  return values.map((value) => `"${value}"`).join(", ");
}

export function plural(word: string, count: number): string {
  return count === 1 ? word : `${word}s`;
}

/** `container "a"`, `containers "a", "b"` */
export function containersCalled(containers: readonly { readonly name: string }[]): string {
  return `${plural("container", containers.length)} ${quoted(namesOf(containers))}`;
}

/** A check of each container by itself; `rule` follows the containers' names. */
export function eachContainer(parts: {
  readonly reason: string;
  readonly rule: string;
  readonly fails: (container: AnyContainer) => boolean;
}): PodCheck {
  return (spec) => {
    const bad = allContainers(spec).filter(parts.fails);
    if (bad.length === 0) return undefined;
    return { reason: parts.reason, detail: `${containersCalled(bad)} ${parts.rule}` };
  };
}

/** A setting that the pod has and each container too: `pod and container "a" must not set …`. */
export function podAndContainers(parts: {
  readonly spec: PodSpec;
  readonly podFails: boolean;
  readonly fails: (container: AnyContainer) => boolean;
}): readonly string[] {
  const bad = allContainers(parts.spec).filter(parts.fails);
  return [...(parts.podFails ? ["pod"] : []), ...(bad.length > 0 ? [containersCalled(bad)] : [])];
}
