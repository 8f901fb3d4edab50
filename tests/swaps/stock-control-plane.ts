/** A stock control plane on loopback: etcd, kube-apiserver, kube-controller-manager, kube-scheduler. */
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority, issueCertificate, type KeyPair } from "#apimachinery/pki.ts";
import { writeKubeconfig } from "#client/kubeconfig.ts";
import { kubectl, waitFor } from "#tests/support/cluster.ts";
import { freePort } from "#tests/support/free-port.ts";
import { PeerProcesses, peer } from "./peer-processes.ts";

export interface StockControlPlane {
  readonly url: string;
  readonly kubeconfig: string;
  readonly certificateAuthority: string;
  /** Where everything of it lies: ca.crt and ca.key too. */
  readonly directory: string;
  said(): string;
  stop(): Promise<void>;
}

/** Which components are stock; the others are for the caller to bring. */
export interface StockComponents {
  readonly controllers?: boolean;
  readonly scheduler?: boolean;
}

export async function startStockControlPlane({
  controllers = true,
  scheduler = true,
}: StockComponents = {}): Promise<StockControlPlane> {
  const directory = mkdtempSync(join(tmpdir(), "kubun-swap-"));
  const processes = new PeerProcesses(directory);
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text, { mode: 0o600 });
    return join(directory, name);
  };
  const now = new Date();
  const authority = await createAuthority({ commonName: "peer-ca", now });
  const issue = (commonName: string, organizations: readonly string[]): Promise<KeyPair> =>
    issueCertificate(authority, {
      commonName,
      organizations: [...organizations],
      dnsNames: ["localhost"],
      ipAddresses: ["127.0.0.1", "10.0.0.1"],
      usages: ["serverAuth", "clientAuth"],
      now,
      days: 1,
    });
  const files = (name: string, { certificate, privateKey }: KeyPair) => ({
    certificate: file(`${name}.crt`, certificate),
    key: file(`${name}.key`, privateKey),
  });
  const [etcdPort, etcdPeerPort, port] = [await freePort(), await freePort(), await freePort()];
  const url = `https://127.0.0.1:${port}`;
  const ca = files("ca", authority);
  const own = await issue("apiserver", []);
  // A joining machine recognizes the authority in the chain by its hash.
  const chain = `${own.certificate}\n${authority.certificate}`;
  const serving = files("apiserver", { ...own, certificate: chain });
  const toNodes = files(
    "to-nodes",
    await issue("kube-apiserver-kubelet-client", ["system:masters"]),
  );
  const signing = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  const signingKey = file("sa.key", signing.privateKey);
  const etcdUrl = `http://127.0.0.1:${etcdPort}`;
  const etcdPeerUrl = `http://127.0.0.1:${etcdPeerPort}`;
  processes.start("etcd", peer("etcd"), [
    `--data-dir=${join(directory, "etcd")}`,
    `--listen-client-urls=${etcdUrl}`,
    `--advertise-client-urls=${etcdUrl}`,
    `--listen-peer-urls=${etcdPeerUrl}`,
    `--initial-advertise-peer-urls=${etcdPeerUrl}`,
    `--initial-cluster=default=${etcdPeerUrl}`,
  ]);
  processes.start("kube-apiserver", peer("kube-apiserver"), [
    `--etcd-servers=${etcdUrl}`,
    `--secure-port=${port}`,
    "--bind-address=127.0.0.1",
    `--tls-cert-file=${serving.certificate}`,
    `--tls-private-key-file=${serving.key}`,
    `--client-ca-file=${ca.certificate}`,
    `--kubelet-client-certificate=${toNodes.certificate}`,
    `--kubelet-client-key=${toNodes.key}`,
    "--kubelet-preferred-address-types=InternalIP",
    `--service-account-key-file=${signingKey}`,
    `--service-account-signing-key-file=${signingKey}`,
    "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
    "--authorization-mode=Node,RBAC",
    "--enable-admission-plugins=NodeRestriction",
    "--enable-bootstrap-token-auth",
    "--service-cluster-ip-range=10.0.0.0/16",
    "--advertise-address=10.255.255.1",
    "--endpoint-reconciler-type=none",
  ]);
  const certificateAuthority = authority.certificate;
  const admin = await issue("admin", ["system:masters"]);
  const kubeconfig = file(
    "admin.kubeconfig",
    writeKubeconfig({ server: url, certificateAuthority, ...admin }),
  );
  const isReady = (): boolean => kubectl(kubeconfig, ["get", "--raw", "/readyz"]).code === 0;
  await waitFor("the stock API server", isReady, () => processes.said());
  const quiet = ["--leader-elect=false", "--secure-port=0", "--authentication-kubeconfig="];
  if (controllers) {
    processes.start("kube-controller-manager", peer("kube-controller-manager"), [
      `--kubeconfig=${kubeconfig}`,
      ...quiet,
      "--authorization-kubeconfig=",
      `--service-account-private-key-file=${signingKey}`,
      `--root-ca-file=${ca.certificate}`,
      `--cluster-signing-cert-file=${ca.certificate}`,
      `--cluster-signing-key-file=${ca.key}`,
      "--allocate-node-cidrs=true",
      "--cluster-cidr=10.214.0.0/16",
    ]);
  }
  if (scheduler) {
    processes.start("kube-scheduler", peer("kube-scheduler"), [
      `--kubeconfig=${kubeconfig}`,
      ...quiet,
    ]);
  }
  return {
    url,
    kubeconfig,
    certificateAuthority,
    directory,
    said: () => processes.said(),
    async stop() {
      await processes.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
