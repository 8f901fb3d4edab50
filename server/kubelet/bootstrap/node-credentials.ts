/**
 * The node's own identity: a client certificate `system:node:<name>`, kept in the data directory, got
 * with a bootstrap token the first time and renewed with itself before it expires.
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { certificateInfo, type KeyPair } from "#apimachinery/pki.ts";
import type { Client } from "#client/client.ts";
import { type Clock, sleep } from "#client/clock.ts";
import { createClient } from "#client/create-client.ts";
import { httpsTransport } from "#client/https-transport.ts";
import type { Transport } from "#client/transport.ts";
import type { Logger } from "#telemetry/log.ts";
import { type CertificateRequest, requestCertificate } from "./certificate-request.ts";
import { clusterAuthority } from "./cluster-authority.ts";

const signerName = "kubernetes.io/kube-apiserver-client-kubelet";
/** Upstream renews between 70 and 90 % of the life; a failed try has the rest to be mended. */
const renewAtShare = 0.8;
const retryMilliseconds = 60_000;
const waitMillisecondsMax = 24 * 3600 * 1000;

export interface NodeCredentialsOptions {
  /** `https://host:port` */
  readonly server: string;
  readonly nodeName: string;
  readonly dataDir: string;
  /** Bootstrap token; needed the first time. */
  readonly token: string | undefined;
  /** `sha256:<hex>` of the cluster authority's key; needed the first time. */
  readonly caCertHash: string | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export interface NodeCredentials {
  /** PEM of the cluster's authority. */
  readonly authority: string;
  /** As `system:node:<name>`; follows the renewals of the certificate. */
  readonly client: Client;
  /** Resolves after the signal. */
  readonly renewing: Promise<void>;
}

interface Files {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

function filesIn(dataDir: string): Files {
  const directory = join(dataDir, "kubelet", "pki");
  return {
    authority: join(directory, "ca.crt"),
    certificate: join(directory, "kubelet-client.crt"),
    key: join(directory, "kubelet-client.key"),
  };
}

/** Written whole beside its place, then moved: a crash leaves the old or the new. */
async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  await writeFile(`${path}.new`, text, { mode });
  await rename(`${path}.new`, path);
}

async function keptPair(options: NodeCredentialsOptions): Promise<KeyPair | undefined> {
  const files = filesIn(options.dataDir);
  try {
    const certificate = await readFile(files.certificate, "utf8");
    const privateKey = await readFile(files.key, "utf8");
    const { commonName, notAfter } = certificateInfo(certificate);
    const mine = commonName === `system:node:${options.nodeName}`;
    return mine && notAfter > options.clock.now() ? { certificate, privateKey } : undefined;
  } catch {
    return undefined;
  }
}

async function keep(dataDir: string, pair: KeyPair): Promise<void> {
  const files = filesIn(dataDir);
  await writeWhole(files.key, pair.privateKey, 0o600);
  await writeWhole(files.certificate, pair.certificate, 0o644);
}

async function authorityOf(options: NodeCredentialsOptions): Promise<string> {
  const path = filesIn(options.dataDir).authority;
  const kept = await readFile(path, "utf8").catch(() => undefined);
  if (kept !== undefined) return kept;
  if (options.caCertHash === undefined) {
    throw new Error("the first start needs --ca-cert-hash, as printed with the token");
  }
  const found = await clusterAuthority(options.server, options.caCertHash);
  await mkdir(join(options.dataDir, "kubelet", "pki"), { recursive: true });
  await writeWhole(path, found, 0o644);
  return found;
}

function clientOf(server: string, transport: Transport): Client {
  return createClient({ transport, baseUrl: server, userAgent: "kubelet" });
}

function ask(options: NodeCredentialsOptions, client: Client): Promise<KeyPair> {
  const { clock, signal, nodeName } = options;
  const subject = { commonName: `system:node:${nodeName}`, organizations: ["system:nodes"] };
  const usages: CertificateRequest["usages"] = ["digital signature", "client auth"];
  return requestCertificate({ client, clock, signal, subject, signerName, usages });
}

async function firstPair(options: NodeCredentialsOptions, authority: string): Promise<KeyPair> {
  const { server, token, signal, dataDir } = options;
  if (token === undefined) throw new Error("the first start needs --token (kubun token create)");
  const closing = new AbortController();
  const transport = httpsTransport({
    ca: authority,
    token,
    signal: AbortSignal.any([signal, closing.signal]),
  });
  try {
    const pair = await ask(options, clientOf(server, transport));
    await keep(dataDir, pair);
    return pair;
  } finally {
    closing.abort();
  }
}

/** Throws when the cluster cannot be trusted, or does not take this machine in. */
export async function nodeCredentials(options: NodeCredentialsOptions): Promise<NodeCredentials> {
  const { server, dataDir, signal } = options;
  const authority = await authorityOf(options);
  const pair = (await keptPair(options)) ?? (await firstPair(options, authority));
  const transportWith = ({ certificate, privateKey }: KeyPair): Transport =>
    httpsTransport({ ca: authority, certificate, privateKey, signal });
  // Open watches stay on the old connection until they end; everything new is asked on the new one.
  let current = transportWith(pair);
  const client = clientOf(server, (request) => current(request));
  const renewing = renew(options, client, pair, async (next) => {
    await keep(dataDir, next);
    current = transportWith(next);
  });
  return { authority, client, renewing };
}

async function renew(
  options: NodeCredentialsOptions,
  client: Client,
  first: KeyPair,
  take: (pair: KeyPair) => Promise<void>,
): Promise<void> {
  const { clock, signal, logger } = options;
  let pair = first;
  while (!signal.aborted) {
    const { notBefore, notAfter } = certificateInfo(pair.certificate);
    const life = notAfter.getTime() - notBefore.getTime();
    const due = notBefore.getTime() + life * renewAtShare - clock.now().getTime();
    await sleep(clock, Math.min(Math.max(due, 0), waitMillisecondsMax), signal);
    if (signal.aborted) return;
    if (due > waitMillisecondsMax) continue;
    try {
      pair = await ask(options, client);
      await take(pair);
      logger.info("client certificate renewed", { node: options.nodeName });
    } catch (error) {
      if (signal.aborted) return;
      logger.warn("client certificate not renewed", { error: String(error) });
      await sleep(clock, retryMilliseconds, signal);
    }
  }
}
