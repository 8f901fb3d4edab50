/** The scale of whatever an autoscaler points at: any resource with a `scale` subresource, custom ones included. */
import { ApiError, isReason } from "#apimachinery/status.ts";
import type { Client } from "#client/client.ts";
import type { Clock } from "#client/clock.ts";
import { discover } from "#client/discovery.ts";
import { resourcePath } from "#client/resource-path.ts";
import type { Scale } from "#gen/api/autoscaling/v1.ts";
import type { CrossVersionObjectReference } from "#gen/api/autoscaling/v2.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";

/** As long as upstream's RESTMapper is believed. */
const discoveryMs = 30_000;
/** client-go's retry.DefaultRetry. */
const attemptsMax = 5;

export interface ScaleTarget {
  readonly path: string;
  readonly scale: Scale;
}

export class Kinds {
  readonly #client: Client;
  readonly #clock: Clock;
  #resources: readonly ResourceRef[] = [];
  #until = 0;

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** The resource of a kind. Throws when nobody serves it, with upstream's sentence. */
  async refOf(group: string, kind: string): Promise<ResourceRef> {
    const now = this.#clock.monotonic();
    if (now >= this.#until) {
      this.#resources = (await discover(this.#client)).resources;
      this.#until = now + discoveryMs;
    }
    const found = this.#resources.find((ref) => ref.group === group && ref.kind === kind);
    if (found !== undefined) return found;
    throw new Error(`no matches for kind "${kind}" in group "${group}"`);
  }
}

export const groupOf = (apiVersion = ""): string =>
  apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";

export async function scaleTargetOf(
  client: Client,
  kinds: Kinds,
  namespace: string,
  { apiVersion, kind, name }: CrossVersionObjectReference,
): Promise<ScaleTarget> {
  const ref = await kinds.refOf(groupOf(apiVersion), kind);
  const path = resourcePath(ref, { namespace, name, subresource: "scale" });
  return { path, scale: await scaleAt(client, path) };
}

async function scaleAt(client: Client, path: string): Promise<Scale> {
  const response = await client.raw(path, { headers: { accept: "application/json" } });
  // The codec boundary: a scale subresource answers with a Scale.
  return (await response.json()) as Scale;
}

/** Says why not; undefined: done. A lost race is run again on what is there by then. */
export async function setScale(
  client: Client,
  { path, scale }: ScaleTarget,
  replicas: number,
): Promise<string | undefined> {
  let known = scale;
  for (let attempt = 1; ; attempt++) {
    const body = JSON.stringify({ ...known, spec: { ...known.spec, replicas } });
    try {
      const headers = { "content-type": "application/json", accept: "application/json" };
      await client.raw(path, { method: "PUT", headers, body });
      return undefined;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (!isReason(error, "Conflict") || attempt >= attemptsMax) return error.message;
      known = await scaleAt(client, path);
    }
  }
}
