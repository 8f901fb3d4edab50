/** Writes one pod's status to the API: always the newest, one request at a time. */
import { isReason } from "#apimachinery/status.ts";
import type { Client } from "#client/client.ts";
import { type Clock, sleep } from "#client/clock.ts";
import { type Pod, type PodCondition, type PodStatus, pods } from "#gen/api/core/v1.ts";
import type { Logger } from "#telemetry/log.ts";
import { passingConditions, statusIsNews } from "./status.ts";

const retryMilliseconds = 1000;

export interface StatusWriterOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** The pod as the API last told it: what need not be said again. */
  readonly pod: () => Pod;
}

export class StatusWriter {
  readonly #options: StatusWriterOptions;
  #wanted: PodStatus | undefined;
  #written: PodStatus | undefined;
  #running: Promise<void> | undefined;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
  }

  /** The newest status known, whether or not the API has it yet. */
  get latest(): PodStatus | undefined {
    return this.#wanted ?? this.#written;
  }

  publish(status: PodStatus): void {
    if (!statusIsNews(this.#wanted ?? this.#written ?? this.#options.pod().status, status)) return;
    this.#wanted = status;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when the newest status is in the API (or the pod is not). */
  async flush(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    const { signal, clock, logger } = this.#options;
    // A tick, so that what happens at once is said at once: a simulated pod starts in one request.
    await sleep(clock, 0, signal);
    while (this.#wanted !== undefined && !signal.aborted) {
      const status = this.#wanted;
      try {
        await this.#write(status);
        this.#written = status;
        if (this.#wanted === status) this.#wanted = undefined;
      } catch (error) {
        if (isReason(error, "NotFound") || isReason(error, "Conflict")) {
          // Gone, or another pod of that name: nobody reads this status any more.
          this.#wanted = undefined;
          return;
        }
        const { name, namespace } = this.#options.pod().metadata;
        logger.warn("pod status not written", { namespace, name, error: String(error) });
        await sleep(clock, retryMilliseconds, signal);
      }
    }
  }

  async #write(status: PodStatus): Promise<void> {
    const { client } = this.#options;
    const pod = this.#options.pod();
    const { namespace = "", name, uid } = pod.metadata;
    const base = this.#written ?? pod.status;
    await client.patch(
      pods,
      { namespace, name, subresource: "status" },
      "application/strategic-merge-patch+json",
      { metadata: { uid }, status: statusPatch(base, status) },
    );
  }
}

/** Lists that the server would merge by key where the agent means the whole list. */
const replacedLists = new Set(["podIPs", "hostIPs"]);

function statusPatch(before: PodStatus, status: PodStatus): Record<string, unknown> {
  const old = new Map<string, unknown>(Object.entries(before));
  const patch: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(status)) {
    if (value === undefined) continue;
    if (field === "conditions") {
      patch[field] = conditionsPatch(before.conditions ?? [], status.conditions ?? []);
      continue;
    }
    patch[field] =
      replacedLists.has(field) && Array.isArray(value) && old.has(field)
        ? [...value, { $patch: "replace" }]
        : value;
  }
  return patch;
}

/** The server merges conditions by type: a reason or message that is no more has to be said. */
function conditionsPatch(
  before: readonly PodCondition[],
  conditions: readonly PodCondition[],
): readonly object[] {
  const over = before.filter(
    ({ type }) => passingConditions.has(type) && !conditions.some((one) => one.type === type),
  );
  const gone = over.map(({ type }) => ({ type, $patch: "delete" }));
  const told = conditions.map((condition) => {
    const old = before.find(({ type }) => type === condition.type);
    const reason = old?.reason !== undefined && condition.reason === undefined;
    const message = old?.message !== undefined && condition.message === undefined;
    return {
      ...condition,
      ...(reason ? { reason: null } : {}),
      ...(message ? { message: null } : {}),
    };
  });
  return [...gone, ...told];
}
