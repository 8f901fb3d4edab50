/** What of a pod stands on the node's disk before its containers start: volumes, its hosts file, where its logs go. */
import { mkdir, writeFile } from "node:fs/promises";
import { messageOf } from "#apimachinery/error-message.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import type { PodSandboxConfig } from "./cri/runtime.ts";
import type { NodeContext } from "./node-context.ts";
import { hostAliases, hostsFile } from "./pod-hosts.ts";
import { podPaths } from "./pod-paths.ts";
import { sandboxConfig } from "./sandbox-config.ts";
import type { HostVolumes } from "./volumes/pod-volumes.ts";

export function sandboxOf(node: NodeContext, pod: Pod, attempt: number): PodSandboxConfig {
  const { dataDir, dns } = node;
  const logDirectory = podPaths(dataDir, pod).logs;
  return sandboxConfig({ pod, attempt, logDirectory, dns, seccompDir: `${dataDir}/seccomp` });
}

export async function prepareFiles(
  { volumes, facts, dataDir, runtime, dns }: NodeContext,
  pod: Pod,
  podIps: readonly string[],
): Promise<HostVolumes> {
  const mounted = await volumes.setUp(pod, facts, podIps);
  if (runtime.real) {
    const { hosts } = podPaths(dataDir, pod);
    const text =
      pod.spec.hostNetwork === true
        ? `# Kubernetes-managed hosts file (host network).\n127.0.0.1\tlocalhost\n${hostAliases(pod)}`
        : hostsFile(pod, podIps, dns.clusterDomain);
    await writeFile(hosts, text);
  }
  return mounted;
}

/** Its volumes first. Tells what keeps it from coming about, and throws it. */
export async function createSandbox(node: NodeContext, pod: Pod, attempt: number): Promise<void> {
  const { runtime, volumes, facts } = node;
  if (runtime.real)
    await volumes.setUp(pod, facts, []).catch((error: unknown) => {
      node.event(pod, undefined, "Warning", "FailedMount", messageOf(error));
      throw error;
    });
  const config = sandboxOf(node, pod, attempt);
  if (runtime.real) await mkdir(config.logDirectory ?? "", { recursive: true });
  await runtime.runPodSandbox(config).catch((error: unknown) => {
    const message = `Failed to create pod sandbox: ${messageOf(error)}`;
    node.event(pod, undefined, "Warning", "FailedCreatePodSandBox", message);
    throw error;
  });
}
