/** A pod's volumes on this node: set up before its containers, refreshed while it runs, taken down after. */

import { chmod, mkdir, readdir, realpath, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf } from "#apimachinery/error-message.ts";
import type { Client } from "#client/client.ts";
import type { Clock } from "#client/clock.ts";
import type { Pod, PodCertificateProjection, Volume, VolumeProjection } from "#gen/api/core/v1.ts";
import { ConfigError, type NodeFacts } from "#kubelet/downward.ts";
import { podPaths } from "#kubelet/pod-paths.ts";
import type { PodSources } from "#kubelet/pod-sources.ts";
import { writePayload } from "./atomic-writer.ts";
import { prepareEmptyDir, unmount } from "./empty-dir.ts";
import { prepareHostPath } from "./host-path.ts";
import {
  type BroughtFile,
  hasPayload,
  type PayloadInput,
  projections,
  tokensWanted,
  volumePayload,
  volumeSources,
} from "./payload.ts";
import { type Credentials, PodCertificates } from "./pod-certificates.ts";
import { ServiceAccountTokens } from "./service-account-token.ts";
import { trustAnchors } from "./trust-bundles.ts";

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
  readonly #certificates: PodCertificates;

  constructor(options: DiskVolumesOptions) {
    this.#options = options;
    this.#tokens = new ServiceAccountTokens(options.client, options.clock);
    this.#certificates = new PodCertificates(options.client, options.clock);
  }

  async setUp(pod: Pod, facts: NodeFacts, podIps: readonly string[]): Promise<HostVolumes> {
    const volumes = pod.spec.volumes ?? [];
    const payloads = volumes.filter(hasPayload);
    const { namespace = "" } = pod.metadata;
    const sources = await this.#options.sources.fetch(namespace, volumeSources(payloads));
    const tokens = await this.#tokens.fetch(pod, tokensWanted(payloads));
    const brought = await this.#bring(pod, payloads, facts);
    const input: PayloadInput = { pod, sources, facts, podIps, tokens, brought };
    const mounted = new Map<string, HostVolume>();
    for (const volume of volumes) mounted.set(volume.name, await this.#setUpOne(volume, input));
    return mounted;
  }

  /** Files whose text only the API can give. */
  async #bring(pod: Pod, volumes: readonly Volume[], { nodeName }: NodeFacts) {
    const brought = new Map<VolumeProjection, readonly BroughtFile[]>();
    for (const volume of volumes) {
      for (const [index, projection] of projections(volume).entries()) {
        const { clusterTrustBundle, podCertificate } = projection;
        if (clusterTrustBundle !== undefined) {
          const text = await trustAnchors(this.#options.client, clusterTrustBundle);
          brought.set(projection, [{ path: clusterTrustBundle.path, text, secret: false }]);
        } else if (podCertificate !== undefined) {
          const place = `${volume.name}/${index}`;
          const held = await this.#certificates.fetch(pod, place, podCertificate, nodeName);
          brought.set(projection, credentialFiles(podCertificate, held));
        }
      }
    }
    return brought;
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
      const text = messageOf(error);
      throw new ConfigError(`MountVolume.SetUp failed for volume "${volume.name}" : ${text}`);
    }
  }

  async tearDown(pod: Pod): Promise<void> {
    this.#tokens.forget(pod.metadata.uid ?? "");
    this.#certificates.forget(pod.metadata.uid ?? "");
    const { root, volumes } = podPaths(this.#options.dataDir, pod);
    const memory = join(volumes, "kubernetes.io~empty-dir");
    for (const name of await readdir(memory).catch(() => [])) await unmount(join(memory, name));
    await rm(root, { recursive: true, force: true });
  }
}

function credentialFiles(
  { credentialBundlePath, keyPath, certificateChainPath }: PodCertificateProjection,
  { privateKey, chain }: Credentials,
): readonly BroughtFile[] {
  const key = `${privateKey.trim()}\n`;
  const file = (path: string | undefined, text: string): BroughtFile[] =>
    path === undefined || path === "" ? [] : [{ path, text, secret: true }];
  return [
    ...file(credentialBundlePath, `${key}${chain}`),
    ...file(keyPath, key),
    ...file(certificateChainPath, chain),
  ];
}

/** A directory that whoever may write to the volume may write to, with those above it. */
async function makeLike(volume: string, wanted: string): Promise<void> {
  const { mode } = await stat(volume);
  const first = await mkdir(wanted, { recursive: true });
  if (first === undefined) return;
  for (let made = wanted; made.length >= first.length; made = dirname(made))
    await chmod(made, mode & 0o7777);
}

/** The host path of a sub path; made when missing. Refuses links that lead out of the volume. */
export async function subPathOnHost(volume: HostVolume, path: string): Promise<string> {
  const wanted = join(volume.path, path);
  if ((await stat(wanted).catch(() => undefined)) === undefined && !volume.readOnly) {
    await makeLike(volume.path, wanted);
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
