/**
 * Which runtime runs this node's pods, and why: an existing containerd's socket, else a containerd from
 * PATH started for us alone, else the simulated one. What is chosen, and what was missing, is said.
 */

import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdir, rename, writeFile } from "node:fs/promises";
import os from "node:os";
import { join, resolve } from "node:path";
import { messageOf } from "#apimachinery/error-message.ts";
import type { Clock } from "#client/clock.ts";
import { ImageService, RuntimeService } from "#gen/cri/runtime/v1/api_pb.ts";
import type { Logger } from "#telemetry/log.ts";
import { bridgeName, cniConfig, cniFileName } from "./cri/cni-config.ts";
import { GrpcConnection } from "./cri/connection.ts";
import { ContainerdRuntime } from "./cri/containerd.ts";
import { importImage, isThere, ownContainerd, startContainerd } from "./cri/containerd-process.ts";
import type { CriRuntime } from "./cri/runtime.ts";
import { pauseImage, pauseImageName } from "./oci/pause-image.ts";
import { SimulatedRuntime } from "./simulated/runtime.ts";

export type RuntimeKind = "auto" | "containerd" | "simulated";

export interface RuntimeChoice {
  readonly runtime: CriRuntime;
  /** `containerd 1.6.20`, `simulated` */
  readonly description: string;
  /** One sentence for the user. */
  readonly reason: string;
  /** Of containerd; undefined when simulated. For importing images. */
  readonly socket: string | undefined;
}

export interface RuntimeChoiceOptions {
  readonly kind: RuntimeKind;
  readonly dataDir: string;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const defaultSocket = "/run/containerd/containerd.sock";
const versionMilliseconds = 2000;
const cniBinDirs = ["/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni"];
const idBytes = 32;

/** Throws when `containerd` was asked for and cannot be had. */
export async function chooseRuntime(options: RuntimeChoiceOptions): Promise<RuntimeChoice> {
  if (options.kind === "simulated") return simulated(options.clock, "asked for by --runtime");
  const missing = await whatIsMissing();
  if (missing.length === 0) {
    try {
      return await containerd(options);
    } catch (error) {
      missing.push(messageOf(error));
    }
  }
  const why = missing.join("; ");
  if (options.kind === "containerd") throw new Error(`no container runtime: ${why}`);
  return simulated(options.clock, `no container runtime: ${why}`);
}

function simulated(clock: Clock, reason: string): RuntimeChoice {
  const newId = (): string => randomBytes(idBytes).toString("hex");
  const runtime = new SimulatedRuntime({ clock, newId });
  return { runtime, description: "simulated", reason, socket: undefined };
}

/** Sentences about what a real runtime would need and this machine has not. */
export async function whatIsMissing(): Promise<string[]> {
  const missing: string[] = [];
  if (os.platform() !== "linux") return ["containers need Linux"];
  if (os.userInfo().uid !== 0) missing.push("not running as root");
  for (const program of ["containerd", "ctr", "runc"]) {
    if (!(await hasProgram(program))) missing.push(`${program} is not on PATH`);
  }
  if ((await cniBinDir()) === undefined) {
    missing.push(`no CNI plugins in ${cniBinDirs.join(" or ")}`);
  }
  const unified = await isThere("/sys/fs/cgroup/cgroup.controllers");
  if (!unified && !(await isThere("/sys/fs/cgroup/memory"))) missing.push("no cgroups are mounted");
  return missing;
}

/** As the shell finds it, which knows PATH; root's programs may lie outside of it. */
function hasProgram(name: string): Promise<boolean> {
  const script = 'PATH="$PATH:/usr/sbin:/sbin"; command -v "$1"';
  return new Promise((found) => {
    execFile("sh", ["-c", script, "sh", name], (error) => found(error === null));
  });
}

async function cniBinDir(): Promise<string | undefined> {
  for (const directory of cniBinDirs) {
    if (await isThere(join(directory, "bridge"))) return directory;
  }
  return undefined;
}

interface Version {
  readonly name: string;
  /** Without Debian's suffix. */
  readonly version: string;
}

/** undefined: nobody answers CRI v1 there. */
async function versionAt(connection: GrpcConnection): Promise<Version | undefined> {
  try {
    const method = RuntimeService.method.version;
    const { runtimeName, runtimeVersion } = await connection.call(method, {}, versionMilliseconds);
    return { name: runtimeName, version: runtimeVersion.replace(/^v/, "").replace(/[~+].*$/, "") };
  } catch {
    return undefined;
  }
}

interface Found {
  readonly socket: string;
  readonly connection: GrpcConnection;
  readonly version: Version;
  readonly cniConfDir: string;
  readonly sandboxImage: string;
  readonly reason: string;
  /** Only of a containerd of our own. */
  readonly revive?: (() => Promise<void>) | undefined;
}

async function containerd(options: RuntimeChoiceOptions): Promise<RuntimeChoice> {
  const found = (await existingContainerd()) ?? (await startOwn(options));
  await provideSandboxImage(found);
  const dataDir = resolve(options.dataDir);
  const iptables = await hasProgram("iptables");
  if (!iptables) {
    options.logger.warn("iptables is not on PATH: pods have no way out and no host ports");
  }
  const { ipamDir } = ownContainerd(dataDir);
  const { name, version } = found.version;
  const runtime = new ContainerdRuntime({
    connection: found.connection,
    version: `${name}://${version}`,
    owner: createHash("sha256").update(`${dataDir} ${options.nodeName}`).digest("hex").slice(0, 16),
    sandboxImage: found.sandboxImage,
    shared: found.revive === undefined,
    clock: options.clock,
    logger: options.logger,
    revive: found.revive,
    writeNetwork: async (podCidr) => {
      const text = cniConfig({ podCidr, bridge: bridgeName(dataDir), ipamDir, iptables });
      await mkdir(found.cniConfDir, { recursive: true });
      await mkdir(ipamDir, { recursive: true });
      // Whole or not at all: containerd reads the directory as soon as something stirs in it.
      const path = join(found.cniConfDir, cniFileName);
      await writeFile(`${path}.new`, text);
      await rename(`${path}.new`, path);
    },
  });
  const { socket, reason } = found;
  return { runtime, description: `${name} ${version}`, reason, socket };
}

function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  let current = value;
  for (const step of path) {
    if (typeof current !== "object" || current === null) return undefined;
    current = new Map<string, unknown>(Object.entries(current)).get(step);
  }
  return typeof current === "string" ? current : undefined;
}

/** One that serves CRI; Docker's does not. Its own settings say where it looks for networks and its sandbox image. */
async function existingContainerd(): Promise<Found | undefined> {
  if (!(await isThere(defaultSocket))) return undefined;
  const connection = new GrpcConnection(defaultSocket);
  const version = await versionAt(connection);
  if (version === undefined) {
    connection.close();
    return undefined;
  }
  const method = RuntimeService.method.status;
  const { info } = await connection.call(method, { verbose: true }, versionMilliseconds);
  const config: unknown = JSON.parse(info["config"] ?? "{}");
  return {
    socket: defaultSocket,
    connection,
    version,
    cniConfDir: textAt(config, "cni", "confDir") ?? "/etc/cni/net.d",
    sandboxImage: textAt(config, "sandboxImage") ?? pauseImageName,
    reason: `found at ${defaultSocket}`,
  };
}

/** Of the containerd that runs this data directory's pods; undefined: none answers. */
export async function runtimeSocket(dataDir: string): Promise<string | undefined> {
  const own = ownContainerd(join(resolve(dataDir), "kubelet"));
  for (const socket of [defaultSocket, own.socket]) {
    if (!(await isThere(socket))) continue;
    const connection = new GrpcConnection(socket);
    const version = await versionAt(connection);
    connection.close();
    if (version !== undefined) return socket;
  }
  return undefined;
}

async function startOwn({ dataDir, clock, logger }: RuntimeChoiceOptions): Promise<Found> {
  const own = ownContainerd(resolve(dataDir));
  const connection = new GrpcConnection(own.socket);
  const binDir = await cniBinDir();
  if (binDir === undefined) throw new Error("no CNI plugins");
  const before = await versionAt(connection);
  const start = (): Promise<void> =>
    startContainerd({
      own,
      cniBinDir: binDir,
      sandboxImage: pauseImageName,
      clock,
      logger,
      answers: async () => (await versionAt(connection)) !== undefined,
    });
  await start();
  const version = await versionAt(connection);
  if (version === undefined) throw new Error("containerd does not answer");
  return {
    socket: own.socket,
    connection,
    version,
    cniConfDir: own.cniConfDir,
    sandboxImage: pauseImageName,
    reason:
      before === undefined
        ? "found on PATH, started for this data directory"
        : "still running from the last start",
    revive: start,
  };
}

/** The sandbox image under the name that this containerd asks for, unless it has it. */
async function provideSandboxImage({ connection, socket, sandboxImage }: Found): Promise<void> {
  const request = { image: { image: sandboxImage } };
  const method = ImageService.method.imageStatus;
  const { image } = await connection.call(method, request, versionMilliseconds);
  if (image !== undefined) return;
  const architecture = os.arch() === "x64" ? "amd64" : os.arch();
  await importImage(socket, pauseImage(architecture, sandboxImage));
}
