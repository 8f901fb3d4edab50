/** Our controllers as a process of their own, on any API server: controllers-main.ts KUBECONFIG CA-CERTIFICATE CA-KEY SERVICE-ACCOUNT-KEY */
import { readFileSync } from "node:fs";
import process from "node:process";
import { clientFromKubeconfig, readKubeconfig } from "#client/kubeconfig.ts";
import { runControllers } from "#controllers/runner.ts";
import { pinoLogger } from "#telemetry/pino-log.ts";

const [kubeconfig = "", certificateFile = "", keyFile = "", accountKeyFile = ""] =
  process.argv.slice(2);
const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
const { signal } = stop;
const logger = pinoLogger({ format: "text", level: "info", sink: process.stderr });
const client = clientFromKubeconfig(readKubeconfig(readFileSync(kubeconfig, "utf8")));
const certificate = readFileSync(certificateFile, "utf8");
const signingAuthority = { certificate, privateKey: readFileSync(keyFile, "utf8") };
const serviceAccountKey = readFileSync(accountKeyFile, "utf8");
const clusterCidr = "10.214.0.0/16";
const parts = { client, signingAuthority, serviceAccountKey, rootCa: certificate, clusterCidr };
await runControllers({ ...parts, leaderElect: false, logger, signal });
process.exit(0);
