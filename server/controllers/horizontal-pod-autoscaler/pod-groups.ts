/** Which pods of a target count, and how: the sample of a pod that is just starting says little about the load. */
import { parseTime } from "#apimachinery/time.ts";
import { podCondition } from "#controllers/pod-conditions.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import type { PodSample, PodSamples } from "./samples.ts";

/** Upstream's --horizontal-pod-autoscaler-cpu-initialization-period. */
const cpuInitializationMs = 300_000;
/** Upstream's --horizontal-pod-autoscaler-initial-readiness-delay. */
const initialReadinessMs = 30_000;

export interface PodGroups {
  readonly readyCount: number;
  readonly unready: readonly string[];
  readonly missing: readonly string[];
  /** Only of pods that count. */
  readonly samples: PodSamples;
}

type Group = "ignored" | "unready" | "missing" | "ready";

function groupOf(pod: Pod, sample: PodSample | undefined, resource: string, now: Date): Group {
  const { metadata, status } = pod;
  if (metadata.deletionTimestamp !== undefined || status?.phase === "Failed") return "ignored";
  if (status?.phase === "Pending") return "unready";
  if (sample === undefined) return "missing";
  return resource === "cpu" && isStarting(pod, sample, now) ? "unready" : "ready";
}

/** Only its processor time misleads: memory is what it is. */
function isStarting(pod: Pod, sample: PodSample, now: Date): boolean {
  const ready = podCondition(pod, "Ready");
  const started = parseTime(pod.status?.startTime ?? "")?.getTime();
  if (ready === undefined || started === undefined) return true;
  const since = parseTime(ready.lastTransitionTime ?? "")?.getTime() ?? 0;
  const isUnready = ready.status === "False";
  if (started + cpuInitializationMs > now.getTime()) {
    return isUnready || sample.at.getTime() < since + sample.windowSeconds * 1000;
  }
  // It was never ready yet: the last change was within the delay after its start.
  return isUnready && started + initialReadinessMs > since;
}

/** `resource`: "" for a metric that is no resource. */
export function groupPods(
  pods: readonly Pod[],
  samples: PodSamples,
  resource: string,
  now: Date,
): PodGroups {
  const names: Record<Group, string[]> = { ignored: [], unready: [], missing: [], ready: [] };
  for (const pod of pods) {
    const { name } = pod.metadata;
    names[groupOf(pod, samples.get(name), resource, now)].push(name);
  }
  const counted = new Map(samples);
  for (const name of [...names.ignored, ...names.unready]) counted.delete(name);
  const { unready, missing } = names;
  return { readyCount: names.ready.length, unready, missing, samples: counted };
}
