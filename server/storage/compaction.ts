/**
 * Forgets history that is old enough. Revisions carry no time, so the head is noted at intervals, and
 * what was the head `keepMs` ago is what may go. Replicas need not agree: compacting twice is harmless.
 */
import type { Head, Revision, Storage } from "#storage/storage.ts";
import { systemTimers, type Timers } from "#storage/timers.ts";
import { type Logger, silent } from "#telemetry/log.ts";

/** As upstream: clients are known to wait for it. */
const defaultKeepMs = 5 * 60_000;
const defaultEveryMs = 60_000;

export interface CompactionOptions {
  /** Between two looks, in milliseconds. */
  readonly everyMs?: number;
  /** History that is always kept, in milliseconds. */
  readonly keepMs?: number;
  readonly timers?: Timers;
  readonly logger?: Logger;
}

interface Note {
  readonly at: number;
  readonly revision: Revision;
}

export interface Compaction {
  stop(): void;
}

export function startCompaction(storage: Storage, options: CompactionOptions = {}): Compaction {
  const { everyMs = defaultEveryMs, keepMs = defaultKeepMs } = options;
  const { timers = systemTimers, logger = silent } = options;
  let notes: readonly Note[] = [];
  let stopped = false;

  async function look(): Promise<void> {
    try {
      const { goal, kept } = due(notes, await storage.head(), { now: timers.now(), keepMs });
      notes = kept;
      if (goal !== undefined && !stopped) await storage.compact(goal);
    } catch (error) {
      if (!stopped)
        logger.warn("compaction failed; the next one catches up", { error: String(error) });
    }
    if (!stopped) cancel = timers.after(everyMs, () => void look());
  }

  let cancel = timers.after(everyMs, () => void look());
  return {
    stop() {
      stopped = true;
      cancel();
    },
  };
}

/** The newest noted head that is old enough, and the notes still needed. */
export function due(
  notes: readonly Note[],
  head: Head,
  { now, keepMs }: { readonly now: number; readonly keepMs: number },
): { goal: Revision | undefined; kept: readonly Note[] } {
  const old = notes.filter(({ at }) => now - at >= keepMs);
  const young = notes.filter(({ at }) => now - at < keepMs);
  return { goal: old.at(-1)?.revision, kept: [...young, { at: now, revision: head.revision }] };
}
