/** How a joining machine comes to trust the cluster: by the hash of its authority's key, as kubeadm's. */
import { createHash, X509Certificate } from "node:crypto";
import http2 from "node:http2";
import tls from "node:tls";
import { parse } from "yaml";

const connectMilliseconds = 10_000;

/** `sha256:<hex>` over the public key (SubjectPublicKeyInfo, DER). */
export function authorityHash(certificate: string): string {
  const der = new X509Certificate(certificate).publicKey.export({ type: "spki", format: "der" });
  return `sha256:${createHash("sha256").update(der).digest("hex")}`;
}

/**
 * The PEM of the cluster's authority. Nothing is believed but the hash: certificates that the server
 * presents, and those in its public cluster-info, are candidates. Throws when none has the hash.
 */
export async function clusterAuthority(server: string, hash: string): Promise<string> {
  const candidates = [...(await presented(server)), ...(await published(server))];
  const found = candidates.find((certificate) => authorityHash(certificate) === hash);
  if (found === undefined) {
    throw new Error(`${server} shows no certificate authority with the hash ${hash}`);
  }
  return found;
}

function pemOf(der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

/** The chain that the server sends. */
function presented(server: string): Promise<readonly string[]> {
  const { hostname, port } = new URL(server);
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      host: hostname,
      port: Number(port === "" ? "443" : port),
      // Nothing secret is sent on this connection: it is only looked at.
      rejectUnauthorized: false,
      timeout: connectMilliseconds,
    });
    socket.on("secureConnect", () => {
      const chain: string[] = [];
      let current: tls.DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
      while (current?.raw !== undefined) {
        const pem = pemOf(current.raw);
        if (chain.includes(pem)) break;
        chain.push(pem);
        current = current.issuerCertificate;
      }
      socket.destroy();
      resolve(chain);
    });
    socket.on("timeout", () => socket.destroy(new Error(`${server} does not answer`)));
    socket.on("error", reject);
  });
}

/** Out of the ConfigMap kube-public/cluster-info, where everybody may read it (kubeadm's clusters). */
async function published(server: string): Promise<readonly string[]> {
  const text = await getUnverified(
    server,
    "/api/v1/namespaces/kube-public/configmaps/cluster-info",
  );
  const kubeconfig = /"kubeconfig":\s*("(?:[^"\\]|\\.)*")/.exec(text)?.[1];
  if (kubeconfig === undefined) return [];
  const parsed: unknown = parse(String(JSON.parse(kubeconfig)));
  const data = /"certificate-authority-data":"([^"]+)"/.exec(JSON.stringify(parsed))?.[1];
  return data === undefined ? [] : [Buffer.from(data, "base64").toString("utf8")];
}

function getUnverified(server: string, path: string): Promise<string> {
  return new Promise((resolve) => {
    const session = http2.connect(server, { rejectUnauthorized: false });
    const end = (text: string): void => {
      session.destroy();
      resolve(text);
    };
    session.on("error", () => end(""));
    session.setTimeout(connectMilliseconds, () => end(""));
    const stream = session.request({ ":path": path, accept: "application/json" });
    let text = "";
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      text += chunk;
    });
    stream.on("error", () => end(""));
    stream.on("end", () => end(text));
  });
}
