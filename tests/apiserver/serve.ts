/**
 * The harness behind the TLS door, for stock clients by hand: `bun tests/apiserver/serve.ts DIR [PORT]` writes
 * DIR/admin.kubeconfig and serves until it is ended.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAuthority, issueCertificate } from "#apimachinery/pki.ts";
import type { Connection } from "#apiserver/attributes.ts";
import { openDoor } from "#apiserver/door.ts";
import { silent } from "#telemetry/log.ts";
import { openHarness } from "./harness.ts";

/** Starts everything on loopback; resolves when clients can connect. */
export async function serve(
  directory: string,
  port: number,
  seen: (connection: Connection) => void = () => undefined,
) {
  const now = new Date();
  const authority = await createAuthority({ commonName: "test-ca", now });
  const common = { now, days: 1 };
  const server = await issueCertificate(authority, {
    commonName: "apiserver",
    dnsNames: ["localhost"],
    ipAddresses: ["127.0.0.1"],
    usages: ["serverAuth"],
    ...common,
  });
  const client = await issueCertificate(authority, {
    commonName: "admin",
    organizations: ["system:masters"],
    usages: ["clientAuth"],
    ...common,
  });
  const harness = await openHarness();
  const door = await openDoor({
    host: "127.0.0.1",
    port,
    certificate: server.certificate,
    privateKey: server.privateKey,
    clientAuthority: authority.certificate,
    app: {
      fetch(request, connection, upgrade) {
        seen(connection);
        return harness.app.fetch(request, connection, upgrade);
      },
    },
    logger: silent,
  });
  mkdirSync(directory, { recursive: true });
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  const kubeconfig = join(directory, "admin.kubeconfig");
  writeFileSync(
    kubeconfig,
    `apiVersion: v1
kind: Config
clusters: [{name: t, cluster: {server: "https://127.0.0.1:${door.port}", certificate-authority-data: ${base64(authority.certificate)}}}]
users: [{name: t, user: {client-certificate-data: ${base64(client.certificate)}, client-key-data: ${base64(client.privateKey)}}}]
contexts: [{name: t, context: {cluster: t, user: t}}]
current-context: t
`,
  );
  writeFileSync(join(directory, "ca.crt"), authority.certificate);
  writeFileSync(join(directory, "client.crt"), client.certificate);
  writeFileSync(join(directory, "client.key"), client.privateKey);
  return { harness, door, kubeconfig, authority, client };
}

if (import.meta.main) {
  const { kubeconfig } = await serve(
    process.argv[2] ?? "build/apiserver",
    Number(process.argv[3] ?? 0),
  );
  console.log(kubeconfig);
}
