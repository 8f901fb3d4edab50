/**
 * Keeps the status of definitions and ends those that are deleted: upstream's naming, establishing and finalizing
 * controllers, which live in its API server too. Every server runs it; a clash means that another was faster.
 */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { loneVersion } from "#apiserver/field-management/lone-version.ts";
import { trackOwn } from "#apiserver/field-management/track.ts";
import { follow } from "#apiserver/object-reads.ts";
import type { CustomResourceDefinition } from "#gen/api/apiextensions/v1.ts";
import { cleanupFinalizer } from "#resources/apiextensions/v1/customresourcedefinitions.ts";
import type { Entry, WatchCache } from "#storage/watch-cache.ts";
import type { Logger } from "#telemetry/log.ts";
import { definitionOf, definitionScope } from "./custom-resources.ts";
import { namedStatus, withConditions } from "./names.ts";

/** How often instances that hold a deletion up are looked for again. */
const retryMs = 500;

export interface KeeperParts {
  readonly cache: WatchCache;
  readonly clock: () => Date;
  readonly logger: Logger;
  /** Deletes all instances that nothing holds; how many are left. */
  deleteInstances(definition: CustomResourceDefinition): Promise<number>;
  /** Told when a definition is gone, or its objects are no longer what watchers were promised. */
  ended(definition: CustomResourceDefinition): void;
}

class DefinitionKeeper {
  readonly #parts: KeeperParts;
  #looking: Promise<void> | undefined;
  #again = false;
  #closed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #following: { close(): void };

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    this.#following = follow(parts.cache, definitionScope, {
      reset: () => this.#look(),
      apply: ({ type, entry, previous }) => {
        const before = previous === undefined ? undefined : definitionOf(previous);
        const after = definitionOf(entry);
        const changed = before !== undefined && !deepEqual(before.spec, after.spec);
        if (before !== undefined && (type === "DELETED" || changed)) parts.ended(before);
        this.#look();
      },
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#following.close();
  }

  /** One look at a time; what comes meanwhile asks for one more. */
  #look(): void {
    this.#again = true;
    this.#looking ??= this.#lookAll().finally(() => {
      this.#looking = undefined;
      if (this.#again && !this.#closed) this.#look();
    });
  }

  async #lookAll(): Promise<void> {
    this.#again = false;
    const { cache, logger } = this.#parts;
    const { entries } = cache.list(definitionScope);
    let waiting = false;
    for (const entry of entries) {
      try {
        if (!(await this.#settle(entry))) waiting = true;
      } catch (error) {
        waiting = true;
        logger.warn("custom resource definition", {
          name: entry.key.name,
          error: `${error}`,
        });
      }
    }
    if (!waiting || this.#closed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), retryMs);
    this.#timer.unref();
  }

  /** False: it must be looked at again although nothing about it changes. */
  async #settle(entry: Entry): Promise<boolean> {
    const { cache, clock } = this.#parts;
    const definition = definitionOf(entry);
    if (definition.metadata.deletionTimestamp !== undefined) return this.#finish(entry);
    // Names that another definition has just been given count: the list is read anew each time.
    const others = cache.list(definitionScope).entries.map(definitionOf);
    const status = namedStatus(definition, others, clock());
    return status === undefined || (await this.#writeStatus(entry, status));
  }

  async #finish(entry: Entry): Promise<boolean> {
    const { cache, clock } = this.#parts;
    const definition = definitionOf(entry);
    const { finalizers = [] } = definition.metadata;
    if (!finalizers.includes(cleanupFinalizer)) return true;
    if ((await this.#parts.deleteInstances(definition)) > 0) {
      const status = inProgress(definition, clock());
      if (status !== undefined) await this.#writeStatus(entry, status);
      return false;
    }
    const kept = finalizers.filter((name) => name !== cleanupFinalizer);
    const metadata = { ...definition.metadata, finalizers: kept.length === 0 ? undefined : kept };
    const object = { ...definition, metadata };
    if (kept.length > 0) return this.#write(entry, object);
    const { key, revision: expected } = entry;
    const gone = await cache.write({ op: "delete", key, expected, object });
    return gone.outcome === "written";
  }

  /** As upstream's controllers do by way of the API: the server manages what it says there. */
  #writeStatus(entry: Entry, status: CustomResourceDefinition["status"]): Promise<boolean> {
    const old = definitionOf(entry);
    const draft = { ...old, status };
    const versions = loneVersion(old.apiVersion, old.kind);
    const managedFields = trackOwn(versions, { old, draft, now: this.#parts.clock() });
    return this.#write(entry, { ...draft, metadata: { ...old.metadata, managedFields } });
  }

  async #write(entry: Entry, object: CustomResourceDefinition): Promise<boolean> {
    const { key, revision: expected } = entry;
    const fresh = { ...object, metadata: { ...object.metadata } };
    const result = await this.#parts.cache.write({ op: "update", key, expected, object: fresh });
    return result.outcome === "written";
  }
}

function inProgress(
  { status }: CustomResourceDefinition,
  now: Date,
): CustomResourceDefinition["status"] | undefined {
  const terminating = {
    type: "Terminating",
    status: "True",
    reason: "InstanceDeletionInProgress",
    message: "CustomResource deletion is in progress",
  };
  const next = { ...status, conditions: withConditions(status.conditions, [terminating], now) };
  return deepEqual(next, status) ? undefined : next;
}

export function keepDefinitions(parts: KeeperParts): { close(): void } {
  return new DefinitionKeeper(parts);
}
