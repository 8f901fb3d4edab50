/**
 * Faults planted one at a time in a copy of the store, each of a shape that real stores have had. The
 * simulation must find every one of them: that is what shows that its assertions can fail.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Assertion } from "./history.ts";
import { realRoot } from "./implementation.ts";

export interface Mutant {
  readonly name: string;
  /** At least one of these must be what finds it. */
  readonly foundBy: readonly Assertion[];
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const log = "storage/memory/revision-log.ts";
const commit = "storage/group-commit.ts";
const cache = "storage/cache.ts";
const state = "storage/cache/cache-state.ts";
const ring = "storage/cache/event-ring.ts";
const watcher = "storage/cache/watcher.ts";
const tail = "storage/cache/tail.ts";

export const mutants: readonly Mutant[] = [
  {
    name: "a revision is skipped",
    foundBy: [1],
    file: log,
    find: "const revision = this.#head.revision + 1;",
    replace: "const revision = this.#head.revision + (this.#head.revision === 9 ? 2 : 1);",
  },
  {
    name: "a revision is used twice",
    foundBy: [1],
    file: log,
    find: "const revision = this.#head.revision + 1;",
    replace: "const revision = this.#head.revision === 9 ? 9 : this.#head.revision + 1;",
  },
  {
    name: "an update does not look at what it replaces",
    foundBy: [3, 10],
    file: log,
    find: "if (current?.revision !== expected)",
    replace: 'if (write.op === "create" ? current !== undefined : current === undefined)',
  },
  {
    name: "a batch of unknown outcome is made again under another id",
    foundBy: [4],
    file: commit,
    find: "await database.commit({ id,",
    replace: "await database.commit({ id: newBatchId(),",
  },
  {
    name: "a lost connection is answered as a refusal",
    foundBy: [4],
    file: commit,
    find: 'unknown ||= error.failure === "unknown";',
    replace: 'if (error.failure === "unknown") throw restored();',
  },
  {
    name: "the batch id is looked for only behind the newest batch",
    foundBy: [4],
    file: commit,
    find: "if (!unknown) after =",
    replace: "after =",
  },
  {
    name: "a batch that followed at once answers for the one before it",
    foundBy: [1, 2, 3, 4],
    file: commit,
    find: "next = this.#send();",
    replace:
      "{ next = this.#send(); taken.splice(0, taken.length, ...next.taken.slice(0, taken.length)); }",
  },
  {
    name: "losers of a batch are told that they won",
    foundBy: [3, 4],
    file: commit,
    find: "if (createRevision === 0) {",
    replace: "if (createRevision === 0 && waiting.write.op === 'create') {",
  },
  {
    name: "a held write is judged by what was replaced before it was asked",
    foundBy: [3],
    file: commit,
    find: "if (!held.has(waiting) || staying.has(id)) return true;",
    replace: "if (!standing.has(id) || staying.has(id)) return true;",
  },
  {
    name: "a write is published before it is committed",
    foundBy: [5],
    file: cache,
    find: "const result = await this.#storage.write(write);",
    replace:
      "this.#state.revision += 1; const result = await this.#storage.write(write).finally(() => { this.#state.revision -= 1; });",
  },
  {
    name: "an own write is put in the cache before the ones ahead of it",
    foundBy: [2, 5],
    file: cache,
    find: "const change = this.#ahead.get(this.#state.revision + 1);",
    replace: "const change = [...this.#ahead.values()][0];",
  },
  {
    name: "a fresh read does not ask the store",
    foundBy: [2],
    file: cache,
    find: "const head = await this.#currentHead();",
    replace: "const head = this.#head;",
  },
  {
    name: "a fresh read shares an answer that was asked for before it",
    foundBy: [2],
    file: cache,
    find: "this.#askingNext ??= this.#asking.then(",
    replace: "return this.#asking; this.#askingNext ??= this.#asking.then(",
  },
  {
    name: "the ring drops events without saying so",
    foundBy: [5],
    file: ring,
    find: "this.#floor = oldest.revision;",
    replace: "",
  },
  {
    name: "a watch resumes at its revision, not behind it",
    foundBy: [5],
    file: ring,
    find: "event.revision <= revision) low",
    replace: "event.revision < revision) low",
  },
  {
    name: "a watch skips the event right behind its revision",
    foundBy: [5],
    file: watcher,
    find: "if (event.revision <= this.#position) return;",
    replace: "if (event.revision <= this.#position + 1) return;",
  },
  {
    name: "a full queue loses events",
    foundBy: [5],
    file: watcher,
    find: "queue.push(event);",
    replace: "if (queue.length < 2) queue.push(event);",
  },
  {
    name: "a page of the log loses its last change",
    foundBy: [5],
    file: watcher,
    find: "const events = changes\n",
    replace: "const events = changes.slice(0, Math.max(1, changes.length - 1))\n",
  },
  {
    name: "a bookmark runs ahead of the cache",
    foundBy: [5],
    file: watcher,
    find: "this.#position = Math.max(this.#position, state.revision);",
    replace: "this.#position = Math.max(this.#position, state.revision + 1);",
  },
  {
    name: "what leaves an index value is not told",
    foundBy: [5],
    file: "storage/cache/watcher-registry.ts",
    find: "return previous !== undefined && index.value(previous.object) === wanted.value;",
    replace: "return false;",
  },
  {
    name: "the state before an event is forgotten",
    foundBy: [5],
    file: state,
    find: "previous,\n      revision: change.revision,",
    replace: "previous: undefined,\n      revision: change.revision,",
  },
  {
    name: "a list keeps what was deleted",
    foundBy: [2, 5, 6],
    file: "storage/cache/sorted-entries.ts",
    find: "this.#byName.delete(name);\n    this.#note(name);",
    replace: "this.#byName.delete(name);",
  },
  {
    name: "a list of the past is the list of now",
    foundBy: [7],
    file: "storage/cache/past-lists.ts",
    find: "later.length === 0 ? now : undone(now, later)",
    replace: "now",
  },
  {
    name: "a watch is Expired though its revision is not compacted",
    foundBy: [8],
    file: cache,
    find: "if (from < this.#state.compacted) watcher.end",
    replace: "if (from <= this.#state.compacted) watcher.end",
  },
  {
    name: "the log answers below the compacted revision",
    foundBy: [2, 5, 9],
    file: log,
    find: "if (after < compacted) throw tooOld(after, compacted);\n    const from",
    replace: "const from",
  },
  {
    name: "a watch stays with the cache of the old epoch",
    foundBy: [8],
    file: cache,
    find: "if (watcher.position < compacted) watcher.end(tooOld(watcher.position, compacted));\n      else watcher.move(this.#state);",
    replace: "",
  },
  {
    name: "a new epoch gives revisions again",
    foundBy: [1, 2, 4, 8],
    file: log,
    find: "Math.max(this.#head.revision, seen) + epochRevisions",
    replace: "this.#head.revision",
  },
  {
    name: "a tail that found the log compacted waits for ever",
    foundBy: [9],
    file: tail,
    find: 'if (isReason(error, "Expired")) return undefined;',
    replace: "",
  },
  {
    name: "without a notice nobody looks",
    foundBy: [9],
    file: tail,
    find: "const cancel = this.#timers.after(pollMs, settle);",
    replace: "const cancel = () => undefined;",
  },
];

/** What the store imports, for a copy that runs by itself. */
const copied = [
  "storage/cache",
  "storage/memory",
  "storage/cache.ts",
  "storage/compaction.ts",
  "storage/database.ts",
  "storage/database-storage.ts",
  "storage/gathering.ts",
  "storage/group-commit.ts",
  "storage/key.ts",
  "storage/refusals.ts",
  "storage/timers.ts",
  "apimachinery/assert.ts",
  "apimachinery/error-message.ts",
  "apimachinery/status.ts",
  "telemetry/log.ts",
];

/** Runs `use` on a copy of the store with the fault in it. Throws when the fault's place is not found once. */
export async function withMutant<T>(mutant: Mutant, use: (root: URL) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "kubun-mutant-"));
  try {
    await Promise.all(
      copied.map((path) => cp(new URL(path, realRoot), join(folder, path), { recursive: true })),
    );
    const imports = JSON.stringify({ type: "module", imports: { "#*": "./*" } });
    await writeFile(join(folder, "package.json"), imports);
    const file = join(folder, mutant.file);
    const text = await readFile(file, "utf8");
    if (text.split(mutant.find).length !== 2) throw new Error(`no one place for: ${mutant.name}`);
    await writeFile(
      file,
      text.replace(mutant.find, () => mutant.replace),
    );
    return await use(pathToFileURL(`${folder}/`));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
