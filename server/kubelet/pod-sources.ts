/**
 * ConfigMaps and secrets that pods read, fetched when needed and kept for a while: upstream's
 * watch-based store answers the same questions; a get works with the Node authorizer everywhere.
 */

import type { Client } from "#client/client.ts";
import type { Clock } from "#client/clock.ts";
import { findObject } from "#client/find-object.ts";
import { type ConfigMap, configmaps, type Secret, secrets } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import type { SourceNames, Sources } from "./env.ts";

/** How old an answer may be; volumes are refreshed no faster than this. */
const freshMilliseconds = 10_000;

interface Kept<T> {
  readonly at: number;
  readonly object: T | undefined;
}

class KeptObjects<T extends KubeObject> {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #ref: ResourceRef<T>;
  readonly #kept = new Map<string, Kept<T>>();

  constructor(client: Client, clock: Clock, ref: ResourceRef<T>) {
    this.#client = client;
    this.#clock = clock;
    this.#ref = ref;
  }

  /** undefined: it does not exist. Absence is never kept: a pod waits for what it needs. */
  async get(namespace: string, name: string): Promise<T | undefined> {
    const key = `${namespace}/${name}`;
    const now = this.#clock.now().getTime();
    const kept = this.#kept.get(key);
    if (kept?.object !== undefined && now - kept.at < freshMilliseconds) return kept.object;
    const object = await findObject(this.#client, this.#ref, namespace, name);
    if (object === undefined) this.#kept.delete(key);
    else this.#kept.set(key, { at: now, object });
    return object;
  }

  /** Drops what no longer is fresh, so that the past of a busy node is not kept for ever. */
  expire(): void {
    const now = this.#clock.now().getTime();
    for (const [key, { at }] of this.#kept) {
      if (now - at >= freshMilliseconds) this.#kept.delete(key);
    }
  }
}

export class PodSources {
  readonly #configMaps: KeptObjects<ConfigMap>;
  readonly #secrets: KeptObjects<Secret>;

  constructor(client: Client, clock: Clock) {
    this.#configMaps = new KeptObjects(client, clock, configmaps);
    this.#secrets = new KeptObjects(client, clock, secrets);
  }

  async fetch(namespace: string, names: SourceNames): Promise<Sources> {
    this.#configMaps.expire();
    this.#secrets.expire();
    const configMaps = await fetchAll(names.configMaps, (name) =>
      this.#configMaps.get(namespace, name),
    );
    const secretsFound = await fetchAll(names.secrets, (name) =>
      this.#secrets.get(namespace, name),
    );
    return {
      configMap: (name) => configMaps.get(name),
      secret: (name) => secretsFound.get(name),
    };
  }
}

async function fetchAll<T>(
  names: ReadonlySet<string>,
  get: (name: string) => Promise<T | undefined>,
): Promise<ReadonlyMap<string, T | undefined>> {
  return new Map(
    await Promise.all([...names].map(async (name) => [name, await get(name)] as const)),
  );
}
