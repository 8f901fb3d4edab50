/** What tests with real containers need: Debian's packages, a node on them, and a clean machine afterwards. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { issueCertificate } from "#apimachinery/pki.ts";
import { openNodeConnections } from "#apiserver/node-connections.ts";
import { componentUser } from "#cli/in-process-client.ts";
import { bridgeName } from "#kubelet/cri/cni-config.ts";
import { importImage, ownContainerd } from "#kubelet/cri/containerd-process.ts";
import { whatIsMissing } from "#kubelet/runtime-choice.ts";
import { type StartedNode, startNode } from "#kubelet/start-node.ts";
import { silent } from "#telemetry/log.ts";
import type { Plane } from "#tests/controllers/plane.ts";
import { busyboxArchive } from "#tests/support/images.ts";

const packages = [
  "containerd",
  "runc",
  "containernetworking-plugins",
  "busybox-static",
  "iptables",
];

/** Sentences; empty: real containers can be run here. Installs Debian's packages where that is possible. */
export async function missingForContainers(): Promise<readonly string[]> {
  const missing = async (): Promise<readonly string[]> => [
    ...(await whatIsMissing()),
    ...(existsSync("/bin/busybox") ? [] : ["busybox-static is not installed"]),
  ];
  if ((await missing()).length > 0 && process.getuid?.() === 0) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    spawnSync("apt-get", ["update", "-qq"], { env });
    spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], { env });
  }
  return missing();
}

export interface TestNode extends StartedNode {
  /** Lets go of the node; containers keep running. */
  stop(): Promise<void>;
}

export async function openTestNode(
  plane: Plane,
  nodeName: string,
  dataDir: string,
): Promise<TestNode> {
  const stop = new AbortController();
  const node = await startNode({
    nodeName,
    client: plane.clientOf(componentUser(`system:node:${nodeName}`, "system:nodes")),
    clientAuthority: plane.authority.certificate,
    runtime: "containerd",
    dataDir,
    port: 0,
    bindAddress: "127.0.0.1",
    addresses: ["127.0.0.1"],
    clusterDns: [],
    clusterDomain: "cluster.local",
    fallbackPodCidr: "10.213.0.0/24",
    logger: silent,
    signal: stop.signal,
  });
  if (node.socket !== undefined) await importImage(node.socket, await busyboxArchive());
  return {
    ...node,
    async stop() {
      stop.abort();
      await node.done;
    },
  };
}

/** GET at the node's own endpoint, as the API server asks. */
export async function askNode(
  plane: Plane,
  { port }: StartedNode,
  path: string,
): Promise<{ readonly status: number; readonly text: string }> {
  const identity = await issueCertificate(plane.authority, {
    commonName: "kube-apiserver-kubelet-client",
    organizations: ["system:masters"],
    usages: ["clientAuth"],
    now: new Date(),
    days: 1,
  });
  const nodes = openNodeConnections(identity);
  const answer = await nodes.open({ host: "127.0.0.1", port }, path, { method: "GET" });
  let text = "";
  for await (const chunk of answer) text += `${chunk}`;
  return { status: answer.statusCode ?? 0, text };
}

/** Ends the data directory's containerd and what it left in the kernel. */
export async function removeContainerd(dataDir: string): Promise<void> {
  const home = resolve(dataDir, "kubelet");
  const own = ownContainerd(home);
  // The machine's own containerd was used: it stays.
  if (!existsSync(own.pidFile)) return rmSync(dataDir, { recursive: true, force: true });
  const pid = Number(readFileSync(own.pidFile, "utf8"));
  process.kill(pid, "SIGTERM");
  while (existsSync(`/proc/${pid}`)) await new Promise((done) => setTimeout(done, 20));
  spawnSync("ip", ["link", "delete", bridgeName(home)]);
  rmSync(resolve(own.socket, ".."), { recursive: true, force: true });
  rmSync(dataDir, { recursive: true, force: true });
}

/** Lines of the kernel's mount table that mention this. */
export function mountsOf(text: string): readonly string[] {
  return execFileSync("cat", ["/proc/self/mountinfo"], { encoding: "utf8" })
    .split("\n")
    .filter((line) => line.includes(text));
}

/** Bytes: the limit of a container's cgroup, wherever this kernel's hierarchy has it. */
export function memoryLimitOf(containerId: string): number {
  const found = execFileSync("find", ["/sys/fs/cgroup", "-type", "d", "-name", `*${containerId}*`])
    .toString()
    .split("\n")
    .flatMap((directory) => ["memory.max", "memory.limit_in_bytes"].map((f) => join(directory, f)))
    .find((file) => existsSync(file));
  return found === undefined ? 0 : Number(readFileSync(found, "utf8"));
}
