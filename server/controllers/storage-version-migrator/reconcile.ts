/** Migrations of stored objects: one at a time for a resource, from waiting over running to an end. */
import { formatTime, parseTime } from "#apimachinery/time.ts";
import { apply, type Effect, updateStatus } from "#controllers/effects.ts";
import {
  type CustomResourceDefinition,
  customresourcedefinitions,
} from "#gen/api/apiextensions/v1.ts";
import type { Condition } from "#gen/api/meta/v1.ts";
import {
  type StorageVersionMigration,
  storageversionmigrations,
} from "#gen/api/storagemigration/v1.ts";

/** The field manager of what a definition is told, as upstream's. */
const manager = "migration-runner-controller";
/** A definition that is this new may not be in discovery yet. */
const unknownSeconds = 60;

type Told = Omit<Condition, "lastTransitionTime">;

const holds = ({ status }: StorageVersionMigration, wanted: string): boolean =>
  status?.conditions?.some(({ type, status }) => type === wanted && status === "True") === true;

export const hasEnded = (one: StorageVersionMigration): boolean =>
  holds(one, "Succeeded") || holds(one, "Failed");

export const isRunning = (one: StorageVersionMigration): boolean =>
  holds(one, "Running") && !hasEnded(one);

export const isOfSameResource = (
  { spec: a }: StorageVersionMigration,
  { spec: b }: StorageVersionMigration,
): boolean =>
  a.resource.resource === b.resource.resource &&
  (a.resource.group ?? "") === (b.resource.group ?? "");

const age = ({ metadata }: StorageVersionMigration): string =>
  `${metadata.creationTimestamp} ${metadata.name}`;

/** Whose turn it is: nobody runs, and none that waits is older. */
export function isNext(
  one: StorageVersionMigration,
  all: readonly StorageVersionMigration[],
): boolean {
  const waiting = all.filter((other) => isOfSameResource(one, other) && !hasEnded(other));
  return !waiting.some((other) => isRunning(other) || age(other) < age(one));
}

function told(
  one: StorageVersionMigration,
  conditions: readonly Told[],
  { now, resourceVersion }: { readonly now: Date; readonly resourceVersion?: string },
): Effect {
  const lastTransitionTime = formatTime(now);
  const fresh = conditions.map((condition) => ({ ...condition, lastTransitionTime }));
  const types = new Set(fresh.map(({ type }) => type));
  const kept = (one.status?.conditions ?? []).filter(({ type }) => !types.has(type));
  const version = resourceVersion === undefined ? {} : { resourceVersion };
  const status = { ...one.status, ...version, conditions: [...kept, ...fresh] };
  return updateStatus(storageversionmigrations, { ...one, status });
}

function tellDefinition(
  definition: CustomResourceDefinition,
  { now, ...said }: { status: "True" | "False"; reason: string; message: string; now: Date },
  storedVersions?: readonly string[],
): Effect {
  const { name, generation = 0 } = definition.metadata;
  const condition = {
    type: "StorageMigrating",
    ...said,
    observedGeneration: generation,
    lastTransitionTime: formatTime(now),
  };
  const versions = storedVersions === undefined ? {} : { storedVersions };
  const status = { conditions: [condition], ...versions };
  const target = { namespace: "", name, subresource: "status" };
  return apply(customresourcedefinitions, target, manager, { metadata: { name }, status });
}

/** `definition`: of a custom resource. */
export function begin(
  one: StorageVersionMigration,
  definition: CustomResourceDefinition | undefined,
  now: Date,
): readonly Effect[] {
  const reason = "MigrationRunning";
  const message = `Migration ${one.metadata.name} is running`;
  const running: Told = {
    type: "Running",
    status: "True",
    reason,
    message: "The migration is running",
  };
  return [
    ...(definition === undefined
      ? []
      : [tellDefinition(definition, { status: "True", reason, message, now })]),
    told(one, [running], { now }),
  ];
}

/** How long a resource that nobody serves is waited for; 0: no longer. */
export function waitSeconds({ status }: StorageVersionMigration, now: Date): number {
  const running = status?.conditions?.find(({ type }) => type === "Running");
  const since = parseTime(running?.lastTransitionTime ?? "") ?? now;
  return Math.max(0, unknownSeconds - (now.getTime() - since.getTime()) / 1000);
}

function finishDefinition(
  definition: CustomResourceDefinition,
  succeeded: boolean,
  now: Date,
): Effect {
  const { generation = 0 } = definition.metadata;
  const migrating = definition.status?.conditions?.find(({ type }) => type === "StorageMigrating");
  // Changed meanwhile: some objects may have been written in yet another version.
  const isSame = migrating?.observedGeneration === generation;
  const stored = definition.spec.versions.filter(({ storage }) => storage).map(({ name }) => name);
  const outcome = isSame
    ? "and the stored versions have been updated"
    : "but the stored versions have not been updated due to a generation mismatch";
  const said = succeeded
    ? { reason: "MigrationSucceeded", message: `The migration has succeeded ${outcome}` }
    : { reason: "MigrationFailed", message: "The migration has failed" };
  const versions = succeeded && isSame ? stored : definition.status?.storedVersions;
  return tellDefinition(definition, { status: "False", ...said, now }, versions);
}

/** `failure` undefined: every object was written anew. */
export function end(
  one: StorageVersionMigration,
  outcome: {
    readonly definition: CustomResourceDefinition | undefined;
    readonly resourceVersion?: string;
    readonly failure?: string;
    readonly now: Date;
  },
): readonly Effect[] {
  const { definition, resourceVersion, failure, now } = outcome;
  const message = "Migration completed";
  const succeeded = failure === undefined;
  const last: Told = succeeded
    ? { type: "Succeeded", status: "True", reason: "StorageVersionMigrationSucceeded", message }
    : { type: "Failed", status: "True", reason: "StorageVersionMigrationFailed", message: failure };
  const stopped: Told = { type: "Running", status: "False", reason: "MigrationCompleted", message };
  return [
    ...(definition === undefined ? [] : [finishDefinition(definition, succeeded, now)]),
    told(one, [stopped, last], {
      now,
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    }),
  ];
}
