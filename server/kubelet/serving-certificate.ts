/** The certificate of the agent's own endpoint: signed by itself, as upstream's kubelet does by default. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  certificateInfo,
  createAuthority,
  issueCertificate,
  type KeyPair,
} from "#apimachinery/pki.ts";

const daysValid = 365;
/** Made anew with this much of its life left. */
const renewMilliseconds = 30 * 24 * 3600 * 1000;

export interface ServingCertificateOptions {
  readonly directory: string;
  readonly nodeName: string;
  readonly addresses: readonly string[];
  readonly now: Date;
}

export async function servingCertificate(options: ServingCertificateOptions): Promise<KeyPair> {
  const { directory, nodeName, addresses, now } = options;
  const certificatePath = join(directory, "kubelet-serving.crt");
  const keyPath = join(directory, "kubelet-serving.key");
  const kept = await Promise.all([
    readFile(certificatePath, "utf8"),
    readFile(keyPath, "utf8"),
  ]).catch(() => undefined);
  if (kept !== undefined) {
    const [certificate, privateKey] = kept;
    const { notAfter, commonName } = certificateInfo(certificate);
    const fresh = notAfter.getTime() - now.getTime() > renewMilliseconds;
    if (fresh && commonName === `system:node:${nodeName}`) return { certificate, privateKey };
  }
  const authority = await createAuthority({ commonName: `${nodeName}-ca`, now });
  const pair = await issueCertificate(authority, {
    commonName: `system:node:${nodeName}`,
    organizations: ["system:nodes"],
    dnsNames: [nodeName, "localhost"],
    ipAddresses: [...new Set([...addresses, "127.0.0.1"])],
    usages: ["serverAuth"],
    now,
    days: daysValid,
  });
  await mkdir(directory, { recursive: true });
  await writeFile(keyPath, pair.privateKey, { mode: 0o600 });
  await writeFile(certificatePath, pair.certificate);
  return pair;
}
