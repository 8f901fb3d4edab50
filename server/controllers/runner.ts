/** Runs controllers: informers shared by all, a rate-limited queue and workers for each, one leader. */
import { ApiError, isReason } from "#apimachinery/status.ts";
import type { Client } from "#client/client.ts";
import { type Clock, systemClock } from "#client/clock.ts";
import { createEventRecorder } from "#client/event-recorder.ts";
import { electLeader } from "#client/leader-election.ts";
import { type SharedInformers, sharedInformers } from "#client/shared-informers.ts";
import { createWorkqueue, type Workqueue } from "#client/workqueue.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import { type Logger, silent } from "#telemetry/log.ts";
import type { Controller, Reconciler } from "./controller.ts";
import { Expectations } from "./expectations.ts";
import { isNamespaceTerminating, type Performer, perform } from "./perform.ts";
import { type ControllerSettings, controllersFor } from "./registry.ts";

export interface RunControllersOptions extends ControllerSettings {
  readonly client: Client;
  /** Each controller may have its own credentials, as upstream's use-service-account-credentials. */
  readonly clientFor?: ((controller: string) => Client) | undefined;
  /** Unique among the processes that could run controllers; absent with leaderElect false. */
  readonly identity?: string | undefined;
  /** Default true: only the holder of the Lease kube-system/kube-controller-manager works. */
  readonly leaderElect?: boolean | undefined;
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
  readonly signal: AbortSignal;
}

/** Resolves when the signal is aborted and everything has stopped. */
export async function runControllers(options: RunControllersOptions): Promise<void> {
  const { client, clock, logger, signal, leaderElect = true } = options;
  if (!leaderElect) return runTerm(options, signal);
  const { identity = "kubun" } = options;
  const election = { client, name: "kube-controller-manager", identity, clock, logger };
  await electLeader(election, (term) => runTerm(options, AbortSignal.any([term, signal])), signal);
}

/** From winning an election to losing it. */
async function runTerm(options: RunControllersOptions, signal: AbortSignal): Promise<void> {
  const { client, clock = systemClock, logger = silent } = options;
  const informers = sharedInformers({ client, clock, logger });
  const controllers = controllersFor(options).map((controller) => {
    const ownClient = controller.asManager ? client : options.clientFor?.(controller.name);
    return prepare(controller, { informers, client: ownClient ?? client, clock, logger, signal });
  });
  await informers.start(signal);
  logger.info("controllers started", { controllers: controllers.length });
  await Promise.all(controllers.map((run) => run()));
}

interface Surroundings {
  readonly informers: SharedInformers;
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

interface Running extends Surroundings {
  readonly controller: Controller;
  readonly queue: Workqueue;
  readonly reconcile: Reconciler;
  readonly expectations: Expectations;
  readonly performerFor: (key: string) => Performer;
}

/** Subscribes now; the answer starts the workers and resolves when they have ended. */
function prepare(controller: Controller, surroundings: Surroundings): () => Promise<void> {
  const { informers, client, clock, logger, signal } = surroundings;
  const queue = createWorkqueue(clock);
  const expectations = new Expectations();
  const recorder = createEventRecorder({ client, component: controller.name, clock, logger });
  const reconcile = controller.watch({
    ...surroundings,
    enqueue: (key) => queue.add(key),
    enqueueAfter: (key, seconds) => queue.addAfter(key, seconds * 1000),
  });
  const performerFor = (key: string): Performer => ({
    client,
    recorder,
    written(ref: ResourceRef, object: KubeObject) {
      const { resourceVersion = "" } = object.metadata;
      const informer = informers.known(ref);
      if (informer === undefined) return;
      expectations.expectVersion(key, informer, resourceVersion, clock.now());
    },
    deleted(ref: ResourceRef, object: KubeObject) {
      const informer = informers.known(ref);
      if (informer !== undefined) expectations.expectEnd(key, informer, object, clock.now());
    },
    requeueAfter: (seconds) => queue.addAfter(key, seconds * 1000),
  });
  const running = { ...surroundings, controller, queue, reconcile, expectations, performerFor };
  return async () => {
    signal.addEventListener("abort", () => queue.shutDown(), { once: true });
    if (signal.aborted) queue.shutDown();
    await Promise.all(Array.from({ length: controller.workers }, () => work(running)));
  };
}

/** How often a key that waits for the caches is looked at, should no event wake it. */
const unsatisfiedSeconds = 1;

async function work(running: Running): Promise<void> {
  const { queue, signal } = running;
  for (;;) {
    const key = await queue.get();
    if (key === undefined || signal.aborted) return;
    try {
      await workOn(key, running);
    } catch (error) {
      if (!signal.aborted) retryLater(key, error, running);
    } finally {
      queue.done(key);
    }
  }
}

async function workOn(key: string, running: Running): Promise<void> {
  const { queue, reconcile, expectations, clock, performerFor } = running;
  const now = clock.now();
  if (!expectations.satisfied(key, now)) {
    queue.addAfter(key, unsatisfiedSeconds * 1000);
    return;
  }
  const effects = await reconcile(key, now);
  await perform(effects, performerFor(key));
  queue.forget(key);
}

/** The very object that the key is of; some controllers put the kind before it. */
function isGone(key: string, error: unknown): boolean {
  const own = error instanceof ApiError ? error.status.details?.name : undefined;
  if (own === undefined || !isReason(error, "NotFound")) return false;
  return key === own || key.endsWith(`/${own}`) || key.endsWith(`:${own}`);
}

function retryLater(key: string, error: unknown, { controller, queue, logger }: Running): void {
  // The namespace controller will end what could not be made there.
  if (isNamespaceTerminating(error)) {
    queue.forget(key);
    return;
  }
  const fields = { controller: controller.name, key, error: String(error) };
  // Someone else wrote, or deleted, first: the new state is on its way here.
  if (isReason(error, "Conflict") || isGone(key, error))
    logger.debug("reconcile lost a race", fields);
  else logger.warn("reconcile failed", fields);
  queue.addRateLimited(key);
}
