/** What all pods of one node share. */
import type { Client } from "#client/client.ts";
import type { Clock } from "#client/clock.ts";
import type { Pod, Service } from "#gen/api/core/v1.ts";
import type { Logger } from "#telemetry/log.ts";
import type { CriRuntime } from "./cri/runtime.ts";
import type { NodeFacts } from "./downward.ts";
import type { ImagePull } from "./image-pull.ts";
import type { DnsSettings } from "./pod-hosts.ts";
import type { PodSources } from "./pod-sources.ts";
import type { RuntimeState } from "./runtime-state.ts";
import type { PodVolumes } from "./volumes/pod-volumes.ts";

/** About a pod, or one of its containers (`fieldPath`: `spec.containers{web}`). */
export type TellEvent = (
  pod: Pod,
  fieldPath: string | undefined,
  type: "Normal" | "Warning",
  reason: string,
  message: string,
) => void;

export interface NodeContext {
  readonly facts: NodeFacts;
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly runtime: CriRuntime;
  readonly state: RuntimeState;
  readonly images: ImagePull;
  readonly sources: PodSources;
  readonly volumes: PodVolumes;
  readonly dns: DnsSettings;
  readonly dataDir: string;
  readonly memoryBytes: number;
  services(): readonly Service[];
  readonly event: TellEvent;
  /** The node's own end: nothing new is begun after it; what runs keeps running. */
  readonly signal: AbortSignal;
}

/** `spec.containers{web}`: how events name a container. */
export function containerPath(pod: Pod, name: string): string {
  const list = (pod.spec.initContainers ?? []).some((container) => container.name === name)
    ? "initContainers"
    : (pod.spec.ephemeralContainers ?? []).some((container) => container.name === name)
      ? "ephemeralContainers"
      : "containers";
  return `spec.${list}{${name}}`;
}
