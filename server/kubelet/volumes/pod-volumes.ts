/** A pod's volumes on this node: set up before its containers, refreshed while it runs, taken down after. */
import { mkdir, readdir, realpath, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Client } from "#client/client.ts";
import type { Clock } from "#client/clock.ts";
import type { Pod, Volume } from "#gen/api/core/v1.ts";
import { ConfigError, type NodeFacts } from "#kubelet/downward.ts";
import { podPaths } from "#kubelet/pod-paths.ts";
import type { PodSources } from "#kubelet/pod-sources.ts";
import { writePayload } from "./atomic-writer.ts";
import { prepareEmptyDir, unmount } from "./empty-dir.ts";
import { prepareHostPath } from "./host-path.ts";
import {
  hasPayload,
  type PayloadInput,
  tokensWanted,
  volumePayload,
  volumeSources,
} from "./payload.ts";
import { ServiceAccountTokens } from "./service-account-token.ts";

export interface HostVolume {
  readonly path: string;
  readonly readOnly: boolean;
}

export type HostVolumes = ReadonlyMap<string, HostVolume>;

/** The port: pods of a simulated runtime have no files. */
export interface PodVolumes {
  /** Throws ConfigError (or the API's error) when one cannot be set up. Idempotent; also the refresh. */
  setUp(pod: Pod, facts: NodeFacts, podIps: readonly string[]): Promise<HostVolumes>;
  /** Idempotent. */
  tearDown(pod: Pod): Promise<void>;
}

export const noVolumes: PodVolumes = {
  setUp: async () => new Map(),
  tearDown: async () => {},
};

export interface DiskVolumesOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly sources: PodSources;
  readonly dataDir: string;
}

function pluginOf({ configMap, secret, downwardAPI, emptyDir }: Volume): string {
  if (configMap !== undefined) return "kubernetes.io~configmap";
  if (secret !== undefined) return "kubernetes.io~secret";
  if (downwardAPI !== undefined) return "kubernetes.io~downward-api";
  return emptyDir === undefined ? "kubernetes.io~projected" : "kubernetes.io~empty-dir";
}

export class DiskVolumes implements PodVolumes {
  readonly #options: DiskVolumesOptions;
  readonly #tokens: ServiceAccountTokens;

  constructor(options: DiskVolumesOptions) {
    this.#options = options;
    this.#tokens = new ServiceAccountTokens(options.client, options.clock);
  }

  async setUp(pod: Pod, facts: NodeFacts, podIps: readonly string[]): Promise<HostVolumes> {
    const volumes = pod.spec.volumes ?? [];
    const payloads = volumes.filter(hasPayload);
    const { namespace = "" } = pod.metadata;
    const sources = await this.#options.sources.fetch(namespace, volumeSources(payloads));
    const tokens = await this.#tokens.fetch(pod, tokensWanted(payloads));
    const input: PayloadInput = { pod, sources, facts, podIps, tokens };
    const mounted = new Map<string, HostVolume>();
    for (const volume of volumes) mounted.set(volume.name, await this.#setUpOne(volume, input));
    return mounted;
  }

  async #setUpOne(volume: Volume, input: PayloadInput): Promise<HostVolume> {
    const { pod } = input;
    const fsGroup = pod.spec.securityContext?.fsGroup;
    const path = join(podPaths(this.#options.dataDir, pod).volumes, pluginOf(volume), volume.name);
    const { hostPath, emptyDir } = volume;
    try {
      if (hostPath !== undefined) {
        await prepareHostPath(hostPath);
        return { path: hostPath.path, readOnly: false };
      }
      if (emptyDir !== undefined) {
        await prepareEmptyDir(path, emptyDir, fsGroup);
        return { path, readOnly: false };
      }
      if (!hasPayload(volume))
        throw new ConfigError("this kind of volume is not supported by this node");
      await writePayload(path, volumePayload(volume, input), fsGroup);
      return { path, readOnly: true };
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      throw new ConfigError(`MountVolume.SetUp failed for volume "${volume.name}" : ${text}`);
    }
  }

  async tearDown(pod: Pod): Promise<void> {
    this.#tokens.forget(pod.metadata.uid ?? "");
    const { root, volumes } = podPaths(this.#options.dataDir, pod);
    const memory = join(volumes, "kubernetes.io~empty-dir");
    for (const name of await readdir(memory).catch(() => [])) await unmount(join(memory, name));
    await rm(root, { recursive: true, force: true });
  }
}

/** The host path of a sub path; made when missing. Refuses links that lead out of the volume. */
export async function subPathOnHost(volume: HostVolume, path: string): Promise<string> {
  const wanted = join(volume.path, path);
  if ((await stat(wanted).catch(() => undefined)) === undefined && !volume.readOnly) {
    await mkdir(wanted, { recursive: true, mode: 0o750 });
  }
  const home = await realpath(volume.path);
  const real = await realpath(wanted).catch(() => {
    throw new ConfigError(`failed to create subPath directory for volumeMount: ${path}`);
  });
  if (real !== home && !real.startsWith(`${home}/`)) {
    throw new ConfigError(`subPath ${path} leads out of its volume`);
  }
  return real;
}
