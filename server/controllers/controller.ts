/** What a controller is: what it watches, and what follows from what it sees. */
import type { Client } from "#client/client.ts";
import type { Clock } from "#client/clock.ts";
import type { SharedInformers } from "#client/shared-informers.ts";
import type { Logger } from "#telemetry/log.ts";
import type { Effect } from "./effects.ts";

export interface WatchContext {
  readonly informers: SharedInformers;
  /** For what no informer holds: a live look-up before something irreversible, discovery. */
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  enqueue(key: string): void;
  enqueueAfter(key: string, seconds: number): void;
  readonly signal: AbortSignal;
}

/** Reads what is known about a key and says what to do. Throws: the key comes back, later each time. */
export type Reconciler = (key: string, now: Date) => readonly Effect[] | Promise<readonly Effect[]>;

export interface Controller {
  /** Upstream's name, which is also the component of its events: `deployment-controller`. */
  readonly name: string;
  readonly workers: number;
  /** Acts as the controller manager itself: upstream gives it no account of its own. */
  readonly asManager?: true;
  /** Subscribes to informers, before any starts; every change costs O(1) here. */
  watch(context: WatchContext): Reconciler;
}
