/** Fields of pods whose feature upstream has, and has off: who sends them is not refused, they are dropped. */
import type {
  Container,
  EphemeralContainer,
  PodSpec,
  PodStatus,
  Volume,
} from "#gen/api/core/v1.ts";
import { drop } from "#resources/drop.ts";
import { eachContainer } from "./each-container.ts";

/** Of a pod, or of the template of pods. */
export function dropDisabledPodFields(spec: PodSpec | undefined): void {
  if (spec === undefined) return;
  drop(spec, "evictionResponders", "schedulingGroup");
  for (const { container } of eachContainer(spec)) dropOfContainer(container);
  for (const volume of spec.volumes ?? []) dropOfVolume(volume);
}

/** What was stored before the feature went off stays. */
export function dropDisabledStatusFields(status: PodStatus, old: PodStatus): void {
  for (const field of ["nodeAllocatableResourceClaimStatuses", "volumeHealth"] as const)
    if ((old[field] ?? []).length === 0) drop(status, field);
  for (const list of containerStatusLists)
    for (const { volumeMounts = [] } of status[list] ?? [])
      for (const mount of volumeMounts) drop(mount, "volumeStatus");
}

const containerStatusLists = [
  "containerStatuses",
  "initContainerStatuses",
  "ephemeralContainerStatuses",
] as const;

function dropOfContainer(container: Container | EphemeralContainer): void {
  const { lifecycle, livenessProbe, readinessProbe, startupProbe, volumeMounts } = container;
  for (const probe of [livenessProbe, readinessProbe, startupProbe]) {
    drop(probe?.httpGet, "protocol");
    drop(probe?.grpc, "mode");
  }
  for (const mount of volumeMounts ?? []) drop(mount, "bindMountOptions");
  if (lifecycle === undefined) return;
  drop(lifecycle.postStart?.httpGet, "protocol");
  drop(lifecycle.preStop?.httpGet, "protocol");
  if (lifecycle.stopSignal === undefined) return;
  drop(lifecycle, "stopSignal");
  if (lifecycle.postStart === undefined && lifecycle.preStop === undefined)
    drop(container, "lifecycle");
}

function dropOfVolume({ configMap, downwardAPI, emptyDir, projected, secret }: Volume): void {
  drop(emptyDir, "mode");
  for (const source of [configMap, downwardAPI, projected, secret]) drop(source, "defaultUser");
  const sources = projected?.sources ?? [];
  for (const source of sources) drop(source.serviceAccountToken, "user");
  for (const source of [{ configMap, downwardAPI, secret }, ...sources])
    for (const part of [source.configMap, source.downwardAPI, source.secret])
      for (const item of part?.items ?? []) drop<{ user?: number | undefined }>(item, "user");
}
