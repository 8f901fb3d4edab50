/**
 * The stock components beside ours, where they are built: $KUBUN_PEERS, else ~/.cache/kubun-peers. A stock
 * API server with its etcd on free ports of the loopback address, with a PKI of its own.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createAuthority, issueCertificate, type KeyPair } from "#apimachinery/pki.ts";
import { writeKubeconfig } from "#client/kubeconfig.ts";
import { freePort } from "./free-port.ts";

export const peersDir = process.env["KUBUN_PEERS"] ?? join(homedir(), ".cache/kubun-peers");

export const peer = (name: string): string => join(peersDir, "bin", name);

/** Those of `names` that are not built here. */
export function missingPeers(...names: readonly string[]): string[] {
  return names.filter((name) => !existsSync(peer(name)));
}

export interface Stopped {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts one stock component; its output goes to `dir`/NAME.log. */
export function startPeer(dir: string, name: string, args: readonly string[]): Stopped {
  const log = createWriteStream(join(dir, `${name}.log`), { flags: "a" });
  const child: ChildProcess = spawn(peer(name), args, { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout?.pipe(log, { end: false });
  child.stderr?.pipe(log, { end: false });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    pid: child.pid ?? 0,
    async stop() {
      child.kill("SIGTERM");
      await gone;
      log.end();
    },
  };
}

export interface StockServer {
  readonly dir: string;
  /** Of system:masters. */
  readonly kubeconfig: string;
  /** Writes a kubeconfig for `user` and returns its path. */
  kubeconfigFor(user: string, ...groups: readonly string[]): Promise<string>;
  /** Files that the stock controller manager takes: authority and the key of service accounts. */
  readonly pki: Readonly<Record<"authority" | "authorityKey" | "serviceAccountKey", string>>;
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

function written(dir: string, name: string, text: string): string {
  const path = join(dir, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

async function pkiOf(dir: string, now: Date) {
  const authority = await createAuthority({ commonName: "peer-ca", now });
  const serving = await issueCertificate(authority, {
    commonName: "kube-apiserver",
    dnsNames: ["localhost", "kubernetes.default.svc"],
    ipAddresses: ["127.0.0.1", "10.0.0.1"],
    usages: ["serverAuth"],
    now,
    days: 30,
  });
  const signer = await createAuthority({ commonName: "service-accounts", now });
  return {
    authority,
    files: {
      authority: written(dir, "ca.crt", authority.certificate),
      authorityKey: written(dir, "ca.key", authority.privateKey),
      certificate: written(dir, "apiserver.crt", serving.certificate),
      key: written(dir, "apiserver.key", serving.privateKey),
      // Its public half is read out of a certificate.
      serviceAccountCertificate: written(dir, "sa.crt", signer.certificate),
      serviceAccountKey: written(dir, "sa.key", signer.privateKey),
    },
  };
}

const serverArgs = (files: Awaited<ReturnType<typeof pkiOf>>["files"]): readonly string[] => [
  `--tls-cert-file=${files.certificate}`,
  `--tls-private-key-file=${files.key}`,
  `--client-ca-file=${files.authority}`,
  `--service-account-key-file=${files.serviceAccountCertificate}`,
  `--service-account-signing-key-file=${files.serviceAccountKey}`,
  "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
  "--bind-address=127.0.0.1",
  "--authorization-mode=Node,RBAC",
  "--enable-admission-plugins=NodeRestriction",
  "--enable-bootstrap-token-auth",
  "--allow-privileged=true",
  "--service-cluster-ip-range=10.0.0.0/16",
  "--endpoint-reconciler-type=none",
];

/** A stock kube-apiserver over etcd, ready. Throws when it is not within a minute. */
export async function startStockServer(): Promise<StockServer> {
  const dir = mkdtempSync(join(tmpdir(), "kubun-peer-"));
  const now = new Date();
  const { authority, files } = await pkiOf(dir, now);
  const [port, etcdPort, etcdPeerPort] = [await freePort(), await freePort(), await freePort()];
  const client = `http://127.0.0.1:${etcdPort}`;
  const between = `http://127.0.0.1:${etcdPeerPort}`;
  const etcd = startPeer(dir, "etcd", [
    ...["--data-dir", join(dir, "etcd"), "--initial-cluster", `default=${between}`],
    ...["--listen-client-urls", client, "--advertise-client-urls", client],
    ...["--listen-peer-urls", between, "--initial-advertise-peer-urls", between],
  ]);
  const server = startPeer(dir, "kube-apiserver", [
    `--etcd-servers=${client}`,
    `--secure-port=${port}`,
    ...serverArgs(files),
  ]);
  const url = `https://127.0.0.1:${port}`;
  const kubeconfigFor = async (user: string, ...groups: readonly string[]): Promise<string> => {
    const identity = await clientIdentity(authority, user, groups, now);
    const certificateAuthority = authority.certificate;
    const text = writeKubeconfig({ name: "peer", server: url, certificateAuthority, ...identity });
    return written(dir, `${user.replaceAll(":", "-")}.kubeconfig`, text);
  };
  const kubeconfig = await kubeconfigFor("admin", "system:masters");
  await untilReady(kubeconfig);
  return {
    dir,
    kubeconfig,
    kubeconfigFor,
    pki: files,
    pids: [server.pid, etcd.pid],
    async stop() {
      await server.stop();
      await etcd.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function clientIdentity(
  authority: KeyPair,
  commonName: string,
  organizations: readonly string[],
  now: Date,
): Promise<KeyPair> {
  const usages = ["clientAuth"] as const;
  return issueCertificate(authority, { commonName, organizations, usages, now, days: 30 });
}

async function untilReady(kubeconfig: string): Promise<void> {
  const end = performance.now() + 60_000;
  while (performance.now() < end) {
    if (
      (await run("kubectl", ["--kubeconfig", kubeconfig, "get", "--raw", "/readyz"])).code === 0
    ) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  throw new Error("the stock API server is not ready within a minute");
}

/** Runs a stock client to its end. */
export function run(
  name: string,
  args: readonly string[],
): Promise<{ readonly code: number; readonly out: string }> {
  return new Promise((resolve) => {
    const child = spawn(peer(name), args, { stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        out += chunk;
      });
    }
    child.on("close", (code) => resolve({ code: code ?? 1, out }));
  });
}
