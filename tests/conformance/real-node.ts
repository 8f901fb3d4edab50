/**
 * A cluster with one node of real containers, upstream's kube-proxy (and CoreDNS, where it is built) beside it, and the
 * images that upstream's tests run, from archives: no registry is asked.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { importImage } from "#kubelet/cri/containerd-process.ts";
import { runtimeSocket } from "#kubelet/runtime-choice.ts";
import { missingForContainers, removeContainerd } from "#tests/kubelet/containers.ts";
import { startCluster } from "#tests/support/cluster.ts";
import { PeerProcesses } from "#tests/support/peers.ts";
import { nodeAddress, setUpNetwork } from "./own-network.ts";

export const nodeName = "conformance";

export interface RealNode {
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

/** Sentences; empty: such a cluster can be had here. */
export async function missingForRealNode(e2e: string): Promise<readonly string[]> {
  const missing = [...(await missingForContainers())];
  const { proxy, images } = partsBeside(e2e);
  if (!existsSync(proxy)) missing.push(`there is no ${proxy}`);
  if (archives(images).length === 0) missing.push(`there are no image archives in ${images}`);
  return missing;
}

function partsBeside(e2e: string) {
  const bin = dirname(e2e);
  return {
    proxy: join(bin, "kube-proxy"),
    dns: join(bin, "coredns"),
    images: join(bin, "../images"),
  };
}

/** Whether CoreDNS is built beside it. */
export const hasDns = (e2e: string): boolean => existsSync(partsBeside(e2e).dns);

function archives(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.endsWith(".tar"))
    .map((name) => join(directory, name));
}

function proxyConfig(kubeconfig: string): string {
  return JSON.stringify({
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "nftables",
    clusterCIDR: "10.244.0.0/16",
    hostnameOverride: nodeName,
    clientConnection: { kubeconfig },
    conntrack: { maxPerCore: 0 },
  });
}

const dnsConfig = (kubeconfig: string): string => `.:53 {
  bind ${nodeAddress}
  errors
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    kubeconfig ${kubeconfig}
    pods insecure
    ttl 5
  }
}
`;

export async function startRealNode(e2e: string): Promise<RealNode> {
  setUpNetwork();
  const { proxy, dns, images } = partsBeside(e2e);
  const named = hasDns(e2e);
  const cluster = await startCluster([
    "--runtime",
    "containerd",
    "--node-name",
    nodeName,
    // Pods ask it too.
    "--bind-address",
    "0.0.0.0",
    ...(named ? ["--cluster-dns", nodeAddress] : []),
  ]);
  const directory = mkdtempSync(join(tmpdir(), "kubun-conformance-"));
  const processes = new PeerProcesses(directory);
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  const socket = await runtimeSocket(cluster.dataDir);
  if (socket === undefined) throw new Error(`no containerd:\n${cluster.said()}`);
  for (const path of archives(images)) await importImage(socket, readFileSync(path));
  const { kubeconfig } = cluster;
  processes.start("kube-proxy", proxy, [`--config=${file("proxy.json", proxyConfig(kubeconfig))}`]);
  if (named) processes.start("coredns", dns, ["-conf", file("Corefile", dnsConfig(kubeconfig))]);
  return {
    kubeconfig,
    async stop() {
      await processes.stop();
      await cluster.stop();
      await removeContainerd(cluster.dataDir);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
