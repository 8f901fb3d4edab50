/** Tells users what happened to their objects: core/v1 Events, written behind the caller's back. */
import { isReason } from "#apimachinery/status.ts";
import { formatTime } from "#apimachinery/time.ts";
import { type Event, events, type ObjectReference } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { type Logger, silent } from "#telemetry/log.ts";
import type { Client } from "./client.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type Correlated, EventCorrelator, type Occurrence } from "./event-correlation.ts";

export interface EventRecorder {
  /** Returns at once and never throws; an event that cannot be written is logged and dropped. */
  event(
    object: KubeObject | ObjectReference,
    type: Occurrence["type"],
    reason: string,
    message: string,
  ): void;
  /** Resolves when everything recorded so far has been written or dropped. */
  flush(): Promise<void>;
}

export interface EventRecorderOptions {
  readonly client: Client;
  /** `deployment-controller`, `default-scheduler`, `kubelet` */
  readonly component: string;
  /** The node, for what runs on one. */
  readonly host?: string | undefined;
  readonly clock?: Clock | undefined;
  readonly logger?: Logger | undefined;
}

/** Events waiting to be written; beyond it new ones are dropped, as upstream's broadcaster does. */
const waitingMax = 1000;
/** Upstream cuts there, and the API refuses more. */
const messageLengthMax = 1024;

export function referenceTo(object: KubeObject): ObjectReference {
  const { namespace, name, uid, resourceVersion } = object.metadata;
  const { apiVersion, kind } = object;
  return { apiVersion, kind, namespace, name, uid, resourceVersion };
}

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const clock = options.clock ?? systemClock;
  const logger = options.logger ?? silent;
  const correlator = new EventCorrelator(clock);
  let waiting = 0;
  let last: Promise<void> = Promise.resolve();

  async function write(occurrence: Occurrence, at: Date): Promise<void> {
    const correlated = correlator.correlate(occurrence);
    if (correlated === undefined) return;
    try {
      correlator.remember(correlated.key, await put(options, occurrence, correlated, at));
    } catch (error) {
      logger.debug("event not written", { reason: occurrence.reason, error: String(error) });
    }
  }

  return {
    event(object, type, reason, message) {
      if (waiting >= waitingMax) return;
      const reference = "metadata" in object ? referenceTo(object) : object;
      const cut = message.slice(0, messageLengthMax);
      const occurrence = { object: reference, type, reason, message: cut };
      const at = clock.now();
      waiting++;
      last = last
        .then(() => write(occurrence, at))
        .finally(() => {
          waiting--;
        });
    },
    flush: () => last,
  };
}

async function put(
  options: EventRecorderOptions,
  occurrence: Occurrence,
  { written, count, message }: Correlated,
  at: Date,
): Promise<Event> {
  if (written !== undefined) {
    const { namespace = "default", name } = written.metadata;
    const change = { count, message, lastTimestamp: formatTime(at) };
    try {
      const type = "application/strategic-merge-patch+json";
      return await options.client.patch(events, { namespace, name }, type, change);
    } catch (error) {
      // Events expire; then this one starts again.
      if (!isReason(error, "NotFound")) throw error;
    }
  }
  const { component, host } = options;
  const { object, type, reason } = occurrence;
  const namespace =
    object.namespace === undefined || object.namespace === "" ? "default" : object.namespace;
  const time = formatTime(at);
  // Upstream's name: the object and the time in hexadecimal nanoseconds; the count parts two of one millisecond.
  const nanoseconds = BigInt(at.getTime()) * 1_000_000n + BigInt(sequence++ % 1_000_000);
  return options.client.create(events, namespace, {
    metadata: { name: `${object.name ?? ""}.${nanoseconds.toString(16)}`, namespace },
    involvedObject: object,
    reason,
    message,
    type,
    count,
    firstTimestamp: time,
    lastTimestamp: time,
    source: { component, ...(host === undefined ? {} : { host }) },
    reportingComponent: component,
    reportingInstance: host ?? "",
  });
}

let sequence = 0;
