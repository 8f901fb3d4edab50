/** Options that several verbs share, and how they become what compose.ts takes. */
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import type { ControlPlaneOptions, RuntimeChoice } from "#cli/compose.ts";
import { integer, type Option, text, type VerbContext } from "#cli/verb.ts";

/** Upstream's default secure port. */
const portDefault = "6443";
export const portRange = { min: 0, max: 65_535 } as const;
/** More simulated nodes than anybody has run on one machine; a typo, not a wish. */
export const nodesMax = 20_000;

export const controlPlaneFlags: readonly Option[] = [
  {
    flags: "--data-dir <directory>",
    describe: "where everything is kept (default: ~/.kubun)",
    env: "KUBUN_DATA_DIR",
  },
  {
    flags: "--port <number>",
    describe: "of the API server; 0: any free one",
    fallback: portDefault,
    env: "KUBUN_PORT",
  },
  {
    flags: "--bind-address <address>",
    describe: "that the API server listens on",
    fallback: "0.0.0.0",
  },
  {
    flags: "--database-url <url>",
    describe: "Postgres to use instead of the embedded one (several hosts allowed)",
    env: "DATABASE_URL",
  },
  { flags: "--service-cidr <cidr>", describe: "cluster IPs of Services", fallback: "10.96.0.0/16" },
  {
    flags: "--pod-cidr <cidr>",
    describe:
      "pod IPs; each node gets a /24 (default: the first free one of 10.244.0.0/16, 10.245.0.0/16 …)",
  },
  {
    flags: "--tls-san <names>",
    describe: "further names of the serving certificate, separated by commas",
  },
  { flags: "--no-controllers", describe: "run no controllers here" },
  { flags: "--no-scheduler", describe: "run no scheduler here" },
];

export const nodeFlags: readonly Option[] = [
  {
    flags: "--runtime <runtime>",
    describe: "of the containers",
    fallback: "auto",
    choices: ["auto", "containerd", "simulated"],
  },
  { flags: "--node-name <name>", describe: "of the node (default: the host's name)" },
  {
    flags: "--cluster-dns <addresses>",
    describe: "DNS servers of the pods, separated by commas (default: the host's)",
  },
];

export function dataDirectory(context: VerbContext): string {
  const given = text(context.options, "dataDir");
  return given === "" ? join(context.home, ".kubun") : resolve(given);
}

export function nodeName(context: VerbContext): string {
  const given = text(context.options, "nodeName");
  return (given === "" ? hostname() : given).toLowerCase();
}

export function runtimeChoice(context: VerbContext): RuntimeChoice {
  const given = text(context.options, "runtime");
  return given === "containerd" || given === "simulated" ? given : "auto";
}

/** Addresses of the cluster's DNS service; none: pods ask whom the host asks. */
export function clusterDns({ options }: VerbContext): readonly string[] {
  return text(options, "clusterDns")
    .split(",")
    .filter((address) => address !== "");
}

export function controlPlaneOptions(
  context: VerbContext,
  rest: Pick<ControlPlaneOptions, "leaderElect" | "step">,
): ControlPlaneOptions {
  const { options, signal } = context;
  const databaseUrl = text(options, "databaseUrl");
  const sans = text(options, "tlsSan");
  return {
    dataDir: dataDirectory(context),
    bindAddress: text(options, "bindAddress"),
    port: integer(options, "port", portRange),
    databaseUrl: databaseUrl === "" ? undefined : databaseUrl,
    serviceCidr: text(options, "serviceCidr"),
    podCidr: text(options, "podCidr") || undefined,
    sans: sans === "" ? [] : sans.split(","),
    controllers: options["controllers"] !== false,
    scheduler: options["scheduler"] !== false,
    signal,
    ...rest,
  };
}
