/** A stock kube-apiserver with its etcd on free ports of the loopback address, with a PKI of its own; stock components beside it where they are asked for. */
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority, issueCertificate, type KeyPair } from "#apimachinery/pki.ts";
import { httpsTransport } from "#client/https-transport.ts";
import { writeKubeconfig } from "#client/kubeconfig.ts";
import { waitFor } from "./cluster.ts";
import { freePort } from "./free-port.ts";
import { PeerProcesses, peer } from "./peers.ts";

/** Which components are stock, and with which further flags; the others are for the caller to bring. */
export interface StockComponents {
  /** Added to the API server's flags: the last one of a name counts. */
  readonly server?: readonly string[];
  readonly controllers?: readonly string[];
  readonly scheduler?: readonly string[];
}

export interface StockServer {
  readonly url: string;
  /** PEM. */
  readonly certificateAuthority: string;
  /** A file; of system:masters. */
  readonly kubeconfig: string;
  /** Where everything of it lies. */
  readonly directory: string;
  /** Files that a controller manager takes: the authority, and the key of service accounts. */
  readonly pki: Readonly<Record<"authority" | "authorityKey" | "serviceAccountKey", string>>;
  /** Ends with the server; the caller may start more. */
  readonly processes: PeerProcesses;
  /** Writes a kubeconfig for `user` and returns its path. */
  kubeconfigFor(user: string, ...groups: readonly string[]): Promise<string>;
  /** The last lines of all logs. */
  said(): string;
  stop(): Promise<void>;
}

const clusterCidr = "10.214.0.0/16";
/** One component alone, which no other asks for anything. */
export const alone: readonly string[] = [
  "--leader-elect=false",
  "--secure-port=0",
  "--authentication-kubeconfig=",
];

interface Place {
  readonly directory: string;
  readonly authority: KeyPair;
  readonly now: Date;
}

function written({ directory }: Place, name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

function writtenPair(place: Place, name: string, { certificate, privateKey }: KeyPair) {
  return {
    certificate: written(place, `${name}.crt`, certificate),
    key: written(place, `${name}.key`, privateKey),
  };
}

/** Signs service accounts' tokens: RSA, as the stock controller manager wants it. */
export function serviceAccountKey(): string {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  }).privateKey;
}

function issued({ authority, now }: Place, commonName: string, organizations: readonly string[]) {
  return issueCertificate(authority, {
    commonName,
    organizations,
    dnsNames: ["localhost", "kubernetes.default.svc"],
    ipAddresses: ["127.0.0.1", "10.0.0.1"],
    usages: ["serverAuth", "clientAuth"],
    now,
    days: 1,
  });
}

async function pkiOf(place: Place) {
  const { authority } = place;
  const own = await issued(place, "kube-apiserver", []);
  // A joining machine recognizes the authority in the chain by its hash.
  const chain = `${own.certificate}\n${authority.certificate}`;
  const masters = ["system:masters"];
  return {
    authority: writtenPair(place, "ca", authority),
    serving: writtenPair(place, "apiserver", { ...own, certificate: chain }),
    toNodes: writtenPair(place, "to-nodes", await issued(place, "apiserver-kubelet", masters)),
    serviceAccountKey: written(place, "sa.key", serviceAccountKey()),
  };
}

type Pki = Awaited<ReturnType<typeof pkiOf>>;

const serverFlags = ({ authority, serving, toNodes, serviceAccountKey: key }: Pki) => [
  "--bind-address=127.0.0.1",
  `--tls-cert-file=${serving.certificate}`,
  `--tls-private-key-file=${serving.key}`,
  `--client-ca-file=${authority.certificate}`,
  `--kubelet-client-certificate=${toNodes.certificate}`,
  `--kubelet-client-key=${toNodes.key}`,
  "--kubelet-preferred-address-types=InternalIP",
  `--service-account-key-file=${key}`,
  `--service-account-signing-key-file=${key}`,
  "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
  "--authorization-mode=Node,RBAC",
  "--enable-admission-plugins=NodeRestriction",
  "--enable-bootstrap-token-auth",
  "--allow-privileged=true",
  "--service-cluster-ip-range=10.0.0.0/16",
  "--advertise-address=10.255.255.1",
  "--endpoint-reconciler-type=none",
];

/** What a stock controller manager is started with, whoever's API server it speaks to. */
export function controllerFlags(
  kubeconfig: string,
  pki: { authority: string; signer: readonly [certificate: string, key: string]; key: string },
): readonly string[] {
  const [certificate, key] = pki.signer;
  return [
    `--kubeconfig=${kubeconfig}`,
    ...alone,
    "--authorization-kubeconfig=",
    `--service-account-private-key-file=${pki.key}`,
    `--root-ca-file=${pki.authority}`,
    `--cluster-signing-cert-file=${certificate}`,
    `--cluster-signing-key-file=${key}`,
    "--allocate-node-cidrs=true",
    `--cluster-cidr=${clusterCidr}`,
  ];
}

async function startEtcd(processes: PeerProcesses, directory: string): Promise<string> {
  const client = `http://127.0.0.1:${await freePort()}`;
  const between = `http://127.0.0.1:${await freePort()}`;
  processes.start("etcd", peer("etcd"), [
    ...["--data-dir", join(directory, "etcd"), "--initial-cluster", `default=${between}`],
    ...["--listen-client-urls", client, "--advertise-client-urls", client],
    ...["--listen-peer-urls", between, "--initial-advertise-peer-urls", between],
  ]);
  return client;
}

async function untilReady(place: Place, url: string, said: () => string): Promise<void> {
  const { certificate, privateKey } = await issued(place, "readiness", ["system:masters"]);
  const ca = place.authority.certificate;
  const stop = new AbortController();
  const transport = httpsTransport({ ca, certificate, privateKey, signal: stop.signal });
  const isReady = (): Promise<boolean> =>
    transport(new Request(`${url}/readyz`)).then(
      ({ ok }) => ok,
      () => false,
    );
  await waitFor("the stock API server", isReady, said).finally(() => stop.abort());
}

/** Ready. Throws when it is not within a minute and a half. */
export async function startStockServer(components: StockComponents = {}): Promise<StockServer> {
  const directory = mkdtempSync(join(tmpdir(), "kubun-peer-"));
  const processes = new PeerProcesses(directory);
  const now = new Date();
  const place = {
    directory,
    now,
    authority: await createAuthority({ commonName: "peer-ca", now }),
  };
  const pki = await pkiOf(place);
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const etcd = await startEtcd(processes, directory);
  const server = [
    `--etcd-servers=${etcd}`,
    `--secure-port=${port}`,
    ...serverFlags(pki),
    ...(components.server ?? []),
  ];
  processes.start("kube-apiserver", peer("kube-apiserver"), server);
  const certificateAuthority = place.authority.certificate;
  const kubeconfigFor = async (user: string, ...groups: readonly string[]): Promise<string> => {
    const identity = await issued(place, user, groups);
    const text = writeKubeconfig({ name: "peer", server: url, certificateAuthority, ...identity });
    return written(place, `${user.replaceAll(":", "-")}.kubeconfig`, text);
  };
  const kubeconfig = await kubeconfigFor("admin", "system:masters");
  const said = (): string => processes.said();
  await untilReady(place, url, said);
  const { certificate: authority, key: authorityKey } = pki.authority;
  if (components.controllers !== undefined) {
    const signer = [authority, authorityKey] as const;
    const parts = { authority, signer, key: pki.serviceAccountKey };
    const flags = [...controllerFlags(kubeconfig, parts), ...components.controllers];
    processes.start("kube-controller-manager", peer("kube-controller-manager"), flags);
  }
  if (components.scheduler !== undefined) {
    const user = await kubeconfigFor("system:kube-scheduler");
    const flags = [`--kubeconfig=${user}`, ...alone, ...components.scheduler];
    processes.start("kube-scheduler", peer("kube-scheduler"), flags);
  }
  return {
    url,
    certificateAuthority,
    kubeconfig,
    directory,
    pki: { authority, authorityKey, serviceAccountKey: pki.serviceAccountKey },
    processes,
    kubeconfigFor,
    said,
    async stop() {
      await processes.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
