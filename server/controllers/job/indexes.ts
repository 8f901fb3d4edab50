/** Completion indexes of an Indexed Job, written as ranges: `0-3,5`; two neighbours stay two: `0,1`. */
import type { Job } from "#gen/api/batch/v1.ts";
import type { Pod } from "#gen/api/core/v1.ts";

export const indexAnnotation = "batch.kubernetes.io/job-completion-index";

export function indexOf({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[indexAnnotation] ?? "";
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

export function parseIndexes(text: string | undefined): ReadonlySet<number> {
  const indexes = new Set<number>();
  for (const range of (text ?? "").split(",").filter((part) => part !== "")) {
    const [first = "", last = first] = range.split("-");
    for (let index = Number(first); index <= Number(last); index++) indexes.add(index);
  }
  return indexes;
}

export function formatIndexes(indexes: Iterable<number>): string {
  const order = [...new Set(indexes)].sort((a, b) => a - b);
  const ranges: [first: number, last: number][] = [];
  for (const index of order) {
    const range = ranges.at(-1);
    if (range !== undefined && range[1] === index - 1) range[1] = index;
    else ranges.push([index, index]);
  }
  return ranges
    .map(([first, last]) => {
      if (first === last) return `${first}`;
      return `${first}${last === first + 1 ? "," : "-"}${last}`;
    })
    .join(",");
}

/** Indexes below completions that have succeeded, as the status and the pods say. */
export function completedIndexes({ spec, status }: Job, claimed: readonly Pod[]): number[] {
  const done = new Set(parseIndexes(status?.completedIndexes));
  for (const pod of claimed) {
    const index = indexOf(pod);
    if (pod.status?.phase === "Succeeded" && index !== undefined) done.add(index);
  }
  return [...done].filter((index) => index < (spec.completions ?? 0));
}

/** The lowest indexes that are neither done nor at work. */
export function freeIndexes(job: Job, taken: ReadonlySet<number>, wanted: number): number[] {
  const free: number[] = [];
  for (let index = 0; index < (job.spec.completions ?? 0) && free.length < wanted; index++) {
    if (!taken.has(index)) free.push(index);
  }
  return free;
}
