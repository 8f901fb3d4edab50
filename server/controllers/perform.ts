/** The one place where effects become requests. */
import { messageOf } from "#apimachinery/error-message.ts";
import { isReason } from "#apimachinery/status.ts";
import type { Client, DeleteOptions } from "#client/client.ts";
import type { EventRecorder } from "#client/event-recorder.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import type { Announcement, Effect } from "./effects.ts";

export interface Performer {
  readonly client: Client;
  readonly recorder: EventRecorder;
  /** Tells what was written, so that nobody decides before the caches show it. */
  written(ref: ResourceRef, object: KubeObject): void;
  deleted(ref: ResourceRef, object: KubeObject): void;
  requeueAfter(seconds: number): void;
}

/** In order; the first refusal ends it and is thrown, since what follows may rest on what went before. */
export async function perform(effects: readonly Effect[], performer: Performer): Promise<void> {
  for (let index = 0; index < effects.length; index++) {
    const effect = effects[index];
    if (effect === undefined) continue;
    if (effect.effect !== "delete") {
      await performOne(effect, performer);
      continue;
    }
    // Deletes that stand side by side do not depend on each other.
    const run = runOfDeletes(effects, index);
    index += run.length - 1;
    await allOf(run, (each) => performDelete(each, performer));
  }
}

type DeleteEffect = Extract<Effect, { effect: "delete" }>;

/** Requests in flight for one key. */
const parallelMax = 32;

function runOfDeletes(effects: readonly Effect[], from: number): readonly DeleteEffect[] {
  const run: DeleteEffect[] = [];
  for (const effect of effects.slice(from, from + parallelMax)) {
    if (effect.effect !== "delete") break;
    run.push(effect);
  }
  return run;
}

/** Waits for all, then throws the first failure. */
async function allOf<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(items.map(act));
  for (const result of results) if (result.status === "rejected") throw result.reason;
}

async function performOne(effect: Effect, performer: Performer): Promise<void> {
  const { client, recorder } = performer;
  switch (effect.effect) {
    case "create":
      return performCreate(effect, performer);
    case "createMany":
      return performCreateMany(effect, performer);
    case "update":
      return performUpdate(effect, performer);
    case "patch":
      performer.written(
        effect.ref,
        await client.patch(effect.ref, effect.target, effect.type, effect.body),
      );
      return;
    case "apply":
      performer.written(
        effect.ref,
        await client.apply(effect.ref, effect.target, effect.manager, effect.fields),
      );
      return;
    case "delete":
      return performDelete(effect, performer);
    case "deleteCollection":
      return client.deleteCollection(effect.ref, effect.options);
    case "event":
      recorder.event(effect.about, effect.type, effect.reason, effect.message);
      return;
    case "requeueAfter":
      performer.requeueAfter(effect.seconds);
  }
}

async function performCreate(
  { ref, namespace, object, existsIsFine, onRefusal }: Extract<Effect, { effect: "create" }>,
  performer: Performer,
): Promise<void> {
  try {
    performer.written(ref, await performer.client.create(ref, namespace, object));
  } catch (error) {
    if (existsIsFine && isReason(error, "AlreadyExists")) return;
    const why = messageOf(error);
    await perform(onRefusal?.(why) ?? [], performer);
    throw error;
  }
}

type CreateManyEffect = Extract<Effect, { effect: "createMany" }>;

async function performCreateMany(effect: CreateManyEffect, performer: Performer): Promise<void> {
  try {
    await createInBatches(effect, performer);
  } catch (error) {
    const why = messageOf(error);
    await perform(effect.onRefusal?.(why) ?? [], performer);
    throw error;
  }
}

async function createInBatches(
  { ref, namespace, objects, announce }: CreateManyEffect,
  performer: Performer,
): Promise<void> {
  let done = 0;
  for (let size = 1; done < objects.length; size *= 2) {
    const batch = objects.slice(done, done + Math.min(size, parallelMax));
    await allOf(batch, async (object) => {
      try {
        const created = await performer.client.create(ref, namespace, object);
        performer.written(ref, created);
        say(performer, announce, "Create", created.metadata.name);
      } catch (error) {
        complain(performer, announce, "Create", error);
        throw error;
      }
    });
    done += batch.length;
  }
}

async function performUpdate(
  { ref, object, subresource }: Extract<Effect, { effect: "update" }>,
  performer: Performer,
): Promise<void> {
  const { client } = performer;
  if (subresource === "") performer.written(ref, await client.update(ref, object));
  else if (subresource === "status") performer.written(ref, await client.updateStatus(ref, object));
  else performer.written(ref, await client.updateSubresource(ref, subresource, object));
}

async function performDelete(effect: DeleteEffect, performer: Performer): Promise<void> {
  const { ref, object, propagationPolicy, gracePeriodSeconds, exactVersion, announce } = effect;
  const { namespace = "", name, uid, resourceVersion } = object.metadata;
  const options: DeleteOptions = {
    uid,
    resourceVersion: exactVersion ? resourceVersion : undefined,
    propagationPolicy,
    gracePeriodSeconds,
  };
  try {
    await performer.client.delete(ref, namespace, name, options);
  } catch (error) {
    if (isReason(error, "NotFound")) return;
    if (announce !== undefined) complain(performer, announce, "Delete", error);
    throw error;
  }
  performer.deleted(ref, object);
  if (announce !== undefined) say(performer, announce, "Delete", name);
}

type Verb = "Create" | "Delete";

function say(performer: Performer, { about, noun }: Announcement, verb: Verb, name: string): void {
  const message = `${verb}d ${noun}: ${name}`;
  performer.recorder.event(about, "Normal", `Successful${verb}`, message);
}

/** In a namespace on its way out every create is refused: nobody needs to hear of each. */
function complain(performer: Performer, about: Announcement, verb: Verb, error: unknown): void {
  if (isNamespaceTerminating(error)) return;
  const why = messageOf(error);
  const doing = verb === "Create" ? "Error creating" : "Error deleting";
  performer.recorder.event(about.about, "Warning", `Failed${verb}`, `${doing}: ${why}`);
}

export function isNamespaceTerminating(error: unknown): boolean {
  if (!isReason(error, "Forbidden")) return false;
  const causes = error.status.details?.causes ?? [];
  return causes.some(({ reason }) => reason === "NamespaceTerminating");
}
