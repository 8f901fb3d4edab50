/** The probes of one pod: a loop for each probe of each running container. */
import type { Clock } from "#client/clock.ts";
import type { Container, Pod, Probe } from "#gen/api/core/v1.ts";
import type { CriRuntime } from "#kubelet/cri/runtime.ts";
import type { ContainerMemory, PodMemory } from "#kubelet/pod-memory.ts";
import { containersNamed, isSidecar, type PodRuntime } from "#kubelet/pod-runtime.ts";
import { nextRun, type ProbeRun, verdictOf } from "./probe-verdict.ts";
import { runProbe } from "./run-probe.ts";

export type ProbeKind = "startup" | "liveness" | "readiness";

export interface PodProbesOptions {
  readonly clock: Clock;
  readonly runtime: CriRuntime;
  /** A verdict that differs from the last one of this loop. */
  readonly onVerdict: (
    name: string,
    kind: ProbeKind,
    containerId: string,
    success: boolean,
  ) => void;
  readonly onFailure: (name: string, kind: ProbeKind, output: string) => void;
}

interface Wanted {
  readonly key: string;
  readonly kind: ProbeKind;
  readonly probe: Probe;
  readonly container: Container;
  readonly containerId: string;
  readonly startedAt: number;
}

export class PodProbes {
  readonly #options: PodProbesOptions;
  readonly #loops = new Map<string, () => void>();

  constructor(options: PodProbesOptions) {
    this.#options = options;
  }

  /** Starts and stops loops so that exactly the wanted ones run. */
  reconcile(pod: Pod, runtime: PodRuntime, memory: PodMemory, podIp: string): void {
    const terminating = pod.metadata.deletionTimestamp !== undefined;
    const containers = [
      ...pod.spec.containers,
      ...(pod.spec.initContainers ?? []).filter(isSidecar),
    ];
    const wanted = containers.flatMap((container) => wantedFor(container, runtime, memory));
    const kept = wanted.filter(({ kind }) => !terminating || kind === "readiness");
    const keys = new Set(kept.map(({ key }) => key));
    for (const [key, stop] of this.#loops) {
      if (keys.has(key)) continue;
      stop();
      this.#loops.delete(key);
    }
    for (const one of kept) {
      if (!this.#loops.has(one.key)) this.#loops.set(one.key, this.#loop(one, podIp));
    }
  }

  stop(): void {
    for (const stop of this.#loops.values()) stop();
    this.#loops.clear();
  }

  #loop({ probe, kind, container, containerId, startedAt }: Wanted, podIp: string): () => void {
    const { clock, runtime, onVerdict, onFailure } = this.#options;
    const period = (probe.periodSeconds ?? 10) * 1000;
    let stopped = false;
    let run: ProbeRun | undefined;
    let told: boolean | undefined;
    let cancel = (): void => {};

    const learn = (success: boolean, output: string): void => {
      if (!success) onFailure(container.name, kind, output);
      run = nextRun(run, success);
      const verdict = verdictOf(probe, run);
      if (verdict === undefined || verdict === told) return;
      told = verdict;
      onVerdict(container.name, kind, containerId, verdict);
    };
    const attempt = async (): Promise<void> => {
      const begun = clock.now().getTime();
      const { success, output } = await runProbe(probe, { runtime, container, containerId, podIp });
      if (stopped) return;
      if (success !== undefined) learn(success, output);
      // Its container is about to be killed; the one that follows has a loop of its own.
      if (told === false && kind !== "readiness") return;
      const spent = clock.now().getTime() - begun;
      schedule(Math.max(0, period - spent));
    };
    const schedule = (delay: number): void => {
      cancel = clock.after(delay, () => void attempt());
    };
    const due = startedAt + (probe.initialDelaySeconds ?? 0) * 1000;
    schedule(Math.max(0, due - clock.now().getTime()));
    return () => {
      stopped = true;
      cancel();
    };
  }
}

/** A startup probe goes first and alone; the others begin when it has passed. */
function wantedFor(container: Container, runtime: PodRuntime, memory: PodMemory): Wanted[] {
  const current = containersNamed(runtime, container.name)[0];
  if (current?.state !== "running") return [];
  const known: ContainerMemory = memory.get(container.name) ?? {};
  const { startupProbe, livenessProbe, readinessProbe } = container;
  const starting = startupProbe !== undefined && known.startupPassed !== current.id;
  const probes: readonly (readonly [ProbeKind, Probe | undefined])[] = starting
    ? [["startup", startupProbe]]
    : [
        ["liveness", livenessProbe],
        ["readiness", readinessProbe],
      ];
  return probes.flatMap(([kind, probe]) => {
    if (probe === undefined) return [];
    const key = `${container.name} ${kind} ${current.id}`;
    const { id: containerId, startedAt } = current;
    return [{ key, kind, probe, container, containerId, startedAt }];
  });
}
