/** Our API server over memory behind its TLS door, without controllers: a kubeconfig file names it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority, issueCertificate } from "#apimachinery/pki.ts";
import { openDoor } from "#apiserver/door.ts";
import { writeKubeconfig } from "#client/kubeconfig.ts";
import { silent } from "#telemetry/log.ts";
import { openTestServer } from "#tests/security/server.ts";

export interface OwnServer {
  /** A file; of system:masters. */
  readonly kubeconfig: string;
  stop(): Promise<void>;
}

export async function startOwnServer(): Promise<OwnServer> {
  const now = new Date();
  const authority = await createAuthority({ commonName: "own-ca", now });
  const serving = await issueCertificate(authority, {
    commonName: "apiserver",
    dnsNames: ["localhost"],
    ipAddresses: ["127.0.0.1"],
    usages: ["serverAuth"],
    now,
    days: 1,
  });
  const admin = await issueCertificate(authority, {
    commonName: "admin",
    organizations: ["system:masters"],
    usages: ["clientAuth"],
    now,
    days: 1,
  });
  const certificateAuthority = authority.certificate;
  const server = await openTestServer();
  const door = await openDoor({
    host: "127.0.0.1",
    port: 0,
    certificate: serving.certificate,
    privateKey: serving.privateKey,
    clientAuthority: certificateAuthority,
    app: server.app,
    logger: silent,
  });
  const directory = mkdtempSync(join(tmpdir(), "kubun-own-"));
  const kubeconfig = join(directory, "admin.kubeconfig");
  const url = `https://127.0.0.1:${door.port}`;
  const text = writeKubeconfig({ name: "own", server: url, certificateAuthority, ...admin });
  writeFileSync(kubeconfig, text, { mode: 0o600 });
  return {
    kubeconfig,
    async stop() {
      await door.close();
      await server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
