/** A stock node: containerd, kubelet (joined by a bootstrap token) and kube-proxy on this machine. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readKubeconfig, writeKubeconfig } from "#client/kubeconfig.ts";
import { cniConfig } from "#kubelet/cri/cni-config.ts";
import { containerdConfig } from "#kubelet/cri/containerd-config.ts";
import { importImage, isThere } from "#kubelet/cri/containerd-process.ts";
import { pauseImage, pauseImageName } from "#kubelet/oci/pause-image.ts";
import { waitFor } from "#tests/support/cluster.ts";
import { freePort } from "#tests/support/free-port.ts";
import { busyboxArchive } from "#tests/support/images.ts";
import { PeerProcesses, peer } from "#tests/support/peers.ts";

const bridge = "kubun-swap0";
const podCidr = "10.246.0.0/24";
const nodeAddress = "10.246.0.1";
const architecture = process.arch === "x64" ? "amd64" : process.arch;

export interface StockNode {
  said(): string;
  stop(): Promise<void>;
}

export interface StockNodeOptions {
  readonly name: string;
  /** Text of the administrator's kubeconfig. */
  readonly adminKubeconfig: string;
  readonly token: string;
}

function kubeletConfig(socket: string, authority: string, port: number): string {
  return JSON.stringify({
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    port,
    healthzPort: 0,
    cgroupDriver: "cgroupfs",
    // Pods of other agents on this machine are none of its business: it must not tidy their cgroups away.
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    containerRuntimeEndpoint: `unix://${socket}`,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: authority },
    },
    authorization: { mode: "Webhook" },
    evictionHard: { "nodefs.available": "1%", "imagefs.available": "1%" },
    rotateCertificates: true,
  });
}

function proxyConfig(name: string, kubeconfig: string, ports: readonly [number, number]): string {
  return JSON.stringify({
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode: "nftables",
    clusterCIDR: podCidr,
    hostnameOverride: name,
    clientConnection: { kubeconfig },
    conntrack: { maxPerCore: 0 },
    healthzBindAddress: `127.0.0.1:${ports[0]}`,
    metricsBindAddress: `127.0.0.1:${ports[1]}`,
  });
}

async function startContainerd(directory: string, processes: PeerProcesses): Promise<string> {
  const socket = join(directory, "containerd.sock");
  const cni = join(directory, "cni");
  mkdirSync(cni);
  const network = { podCidr, bridge, ipamDir: join(directory, "ipam"), iptables: true };
  writeFileSync(join(cni, "10-swap.conflist"), cniConfig(network));
  const config = containerdConfig({
    root: join(directory, "root"),
    state: join(directory, "state"),
    socket,
    sandboxImage: pauseImageName,
    cniBinDir: "/usr/lib/cni",
    cniConfDir: cni,
    registryDir: join(directory, "certs.d"),
    snapshotter: "overlayfs",
    restrictOomScore: true,
  });
  writeFileSync(join(directory, "containerd.toml"), config);
  processes.start("containerd", "containerd", ["--config", join(directory, "containerd.toml")]);
  await waitFor(
    "containerd",
    () => isThere(socket),
    () => processes.said(),
  );
  await importImage(socket, pauseImage(architecture, pauseImageName));
  await importImage(socket, await busyboxArchive());
  return socket;
}

/** A kubelet that was stopped has not let go of its last pods' volumes. */
function unmountBelow(directory: string): void {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((path) => path.startsWith(`${directory}/`));
  for (const path of mounts.reverse()) spawnSync("umount", ["--lazy", path]);
}

export async function startStockNode(options: StockNodeOptions): Promise<StockNode> {
  const { name, token } = options;
  const directory = mkdtempSync(join(tmpdir(), "kubun-swap-"));
  const processes = new PeerProcesses(directory);
  const file = (path: string, text: string): string => {
    writeFileSync(join(directory, path), text);
    return join(directory, path);
  };
  const run = (...args: readonly string[]) => spawnSync("ip", args);
  run("link", "add", bridge, "type", "bridge");
  run("address", "add", `${nodeAddress}/24`, "dev", bridge);
  run("link", "set", bridge, "up");
  const socket = await startContainerd(directory, processes);
  const admin = readKubeconfig(options.adminKubeconfig);
  const { server, certificateAuthority } = admin;
  const bootstrap = file("bootstrap", writeKubeconfig({ server, certificateAuthority, token }));
  const authority = file("ca.crt", certificateAuthority);
  const config = file("kubelet.json", kubeletConfig(socket, authority, await freePort()));
  processes.start("kubelet", peer("kubelet"), [
    `--config=${config}`,
    `--bootstrap-kubeconfig=${bootstrap}`,
    `--kubeconfig=${join(directory, "kubelet.kubeconfig")}`,
    `--hostname-override=${name}`,
    `--node-ip=${nodeAddress}`,
    `--root-dir=${join(directory, "kubelet")}`,
    `--cert-dir=${join(directory, "pki")}`,
  ]);
  const kubeconfig = file("admin.kubeconfig", options.adminKubeconfig);
  const ports = [await freePort(), await freePort()] as const;
  const proxy = file("proxy.json", proxyConfig(name, kubeconfig, ports));
  processes.start("kube-proxy", peer("kube-proxy"), [`--config=${proxy}`]);
  return {
    said: () => processes.said(),
    async stop() {
      await processes.stop();
      for (const family of ["ip", "ip6"])
        spawnSync("nft", ["delete", "table", family, "kube-proxy"]);
      run("link", "delete", bridge);
      unmountBelow(directory);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
