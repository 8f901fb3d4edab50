/** Faults planted in real servers and in a real Postgres, one at a time: a run with one of them must find it. */
import type { Assertion } from "../simulation/history.ts";
import { mutants as storeMutants } from "../simulation/mutants.ts";

export interface SourceMutant {
  /** Below server/. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

export interface TortureMutant {
  readonly name: string;
  /** At least one of these must be what finds it. */
  readonly foundBy: readonly Assertion[];
  readonly source?: SourceMutant;
  /** In the text of kubun.commit_batch, everywhere. */
  readonly commit?: { readonly find: string; readonly replace: string };
  /** What a disk does that lies about fsync. */
  readonly lyingDisk?: boolean;
}

/** Of those that the simulation plants too. */
function ofTheStore(name: string): TortureMutant {
  const mutant = storeMutants.find((each) => each.name === name);
  if (mutant === undefined) throw new Error(`the simulation has no mutant: ${name}`);
  const { foundBy, file, find, replace } = mutant;
  return { name, foundBy, source: { file, find, replace } };
}

export const mutants: readonly TortureMutant[] = [
  {
    name: "each batch leaves a hole in the revisions",
    foundBy: [1],
    commit: { find: "v_head.revision + sum(", replace: "v_head.revision + 1 + sum(" },
  },
  ofTheStore("a fresh read does not ask the store"),
  {
    name: "an update does not look at what it replaces",
    foundBy: [3],
    commit: {
      find: "o.revision IS NOT DISTINCT FROM nullif(w.expected::bigint, 0)",
      replace: "(o.revision IS NULL) = (w.op = 'create')",
    },
  },
  { name: "the disk lies about fsync, and the power fails", foundBy: [4], lyingDisk: true },
  ofTheStore("a watch skips the event right behind its revision"),
  {
    name: "a watch's initial set lacks its first object",
    foundBy: [6],
    source: {
      file: "apiserver/handlers/watch.ts",
      find: "for (let at = 0; at < initial.length;",
      replace: "for (let at = 1; at < initial.length;",
    },
  },
  ofTheStore("a list of the past is the list of now"),
  {
    name: "a watch is Expired though its revision is not compacted",
    foundBy: [8],
    source: {
      file: "storage/cache.ts",
      find: "if (from < this.#state.compacted) watcher.end",
      replace: "if (from < this.#state.revision) watcher.end",
    },
  },
  {
    name: "a server keeps what it wrote for ever",
    foundBy: [9],
    source: {
      file: "storage/cache.ts",
      find: "const result = await this.#storage.write(write);",
      // Slowly, and clients' writes only: what a process needs once it has come up is weighed first.
      replace: `
        const kept = (globalThis.kept ??= []);
        const ours = write.key.namespace === "default" && write.key.resource === "configmaps";
        if (ours) globalThis.keptFrom ??= performance.now();
        if (ours && kept.length < 10 && performance.now() - globalThis.keptFrom >= 2_000 * kept.length) {
          kept.push(new Uint8Array(128e6).fill(1));
        }
        const result = await this.#storage.write(write);`,
    },
  },
  {
    name: "an address that somebody holds is given again",
    foundBy: [10],
    source: {
      file: "apiserver/allocation/cluster-ips.ts",
      find: "if (parts.store.get(key) !== undefined) continue;",
      replace: "if (!dryRun) return { address: formatAddress(range.dynamicFrom, family) };",
    },
  },
];
