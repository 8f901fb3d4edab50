import { createHash, randomBytes, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect as connectTo, isIPv6 } from "node:net";
import { join } from "node:path";
import { messageOf } from "#apimachinery/error-message.ts";
import { formatTime } from "#apimachinery/time.ts";
import { dataDirectory } from "#cli/options.ts";
import { integer, text, UsageError, type Verb, type VerbContext } from "#cli/verb.ts";
import type { Client } from "#client/client.ts";
import { clientFromKubeconfig, readKubeconfig } from "#client/kubeconfig.ts";
import { secrets } from "#gen/api/core/v1.ts";
import { endpointslices } from "#gen/api/discovery/v1.ts";

/** Upstream's default life of a join token. */
const hoursDefault = "24";
/** A token for longer than a year is a forgotten token. */
const hoursRange = { min: 1, max: 24 * 366 } as const;
/** Six and sixteen characters of [a-z0-9]: https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/ */
const tokenIdLength = 6;
const tokenSecretLength = 16;

/** This machine asks itself. */
const addressMillisecondsMax = 1000;

export const token: Verb = {
  name: "token",
  describe: "create, list or delete the tokens with which machines join",
  positionals: "<action> [id]",
  examples: ["token create --print-join-command", "token list", "token delete abcdef"],
  options: [
    {
      flags: "--data-dir <directory>",
      describe: "of the cluster (default: ~/.kubun)",
      env: "KUBUN_DATA_DIR",
    },
    {
      flags: "--kubeconfig <file>",
      describe: "of the cluster (default: admin.kubeconfig in the data directory)",
    },
    { flags: "--hours <number>", describe: "until the token expires", fallback: hoursDefault },
    { flags: "--print-join-command", describe: "print the whole command for the other machine" },
  ],
  async run(context) {
    const [action, id] = context.positionals;
    if (action === "create") return create(context);
    if (action === "list") return list(context);
    if (action === "delete" && id !== undefined) return remove(context, id);
    throw new UsageError("say: token create, token list or token delete ID");
  },
};

function kubeconfigPath(context: VerbContext): string {
  const given = text(context.options, "kubeconfig");
  return given === "" ? join(dataDirectory(context), "admin.kubeconfig") : given;
}

function connect(context: VerbContext) {
  const path = kubeconfigPath(context);
  try {
    return readKubeconfig(readFileSync(path, "utf8"));
  } catch (error) {
    const why = messageOf(error);
    throw new UsageError(`no cluster at ${path} (${why}); is it up, is --data-dir right?`);
  }
}

function randomText(length: number): string {
  const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
  // 252 = 7 * 36: bytes above it would favour the first letters.
  const fair = [...randomBytes(length * 2)].filter((byte) => byte < 252);
  const letters = fair.map((byte) => alphabet[byte % alphabet.length] ?? "").join("");
  return letters.length >= length ? letters.slice(0, length) : randomText(length);
}

/** kubeadm's form: SHA-256 over the CA's public key (SubjectPublicKeyInfo, DER). */
export function caCertHash(certificateAuthority: string): string {
  const key = new X509Certificate(certificateAuthority).publicKey;
  const der = key.export({ type: "spki", format: "der" });
  return `sha256:${createHash("sha256").update(der).digest("hex")}`;
}

async function create(context: VerbContext): Promise<number> {
  const connection = connect(context);
  const client = clientFromKubeconfig(connection);
  const hours = integer(context.options, "hours", hoursRange);
  const id = randomText(tokenIdLength);
  const secret = randomText(tokenSecretLength);
  await client.create(secrets, "kube-system", {
    metadata: { name: `bootstrap-token-${id}` },
    type: "bootstrap.kubernetes.io/token",
    stringData: {
      "token-id": id,
      "token-secret": secret,
      expiration: formatTime(new Date(Date.now() + hours * 3_600_000)),
      "usage-bootstrap-authentication": "true",
      "usage-bootstrap-signing": "true",
      "auth-extra-groups": "system:bootstrappers:kubeadm:default-node-token",
    },
  });
  const server = await addressForOthers(client, connection.server);
  const joinCommand = `npx kubun agent --server ${server} --token ${id}.${secret} --ca-cert-hash ${caCertHash(connection.certificateAuthority)}`;
  if (context.options["output"] === "json") {
    context.print(JSON.stringify({ token: `${id}.${secret}`, joinCommand }));
  } else {
    context.print(context.options["printJoinCommand"] === true ? joinCommand : `${id}.${secret}`);
  }
  return 0;
}

/** The kubeconfig of this machine says 127.0.0.1, which leads other machines to themselves. */
async function addressForOthers(client: Client, server: string): Promise<string> {
  const { hostname } = new URL(server);
  if (hostname !== "localhost" && hostname !== "[::1]" && !hostname.startsWith("127.")) {
    return server;
  }
  const slice = await client.get(endpointslices, "default", "kubernetes").catch(() => undefined);
  const [address] = slice?.endpoints?.[0]?.addresses ?? [];
  const port = slice?.ports?.[0]?.port;
  if (address === undefined || port === undefined) return server;
  // A server that listens on loopback alone has an address that leads nowhere.
  const host = isIPv6(address) ? `[${address}]` : address;
  return (await answers(address, port)) ? `https://${host}:${port}` : server;
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTo({ host, port, timeout: addressMillisecondsMax });
    const end = (found: boolean) => () => {
      socket.destroy();
      resolve(found);
    };
    socket.on("connect", end(true));
    socket.on("timeout", end(false));
    socket.on("error", end(false));
  });
}

const decoded = (data: Record<string, string> | undefined, field: string): string =>
  Buffer.from(data?.[field] ?? "", "base64").toString("utf8");

async function list(context: VerbContext): Promise<number> {
  const client = clientFromKubeconfig(connect(context));
  const fieldSelector = "type=bootstrap.kubernetes.io/token";
  const { items } = await client.list(secrets, { namespace: "kube-system", fieldSelector });
  const tokens = items.map(({ data }) => ({
    id: decoded(data, "token-id"),
    expiration: decoded(data, "expiration"),
  }));
  if (context.options["output"] === "json") context.print(JSON.stringify(tokens));
  else for (const { id, expiration } of tokens) context.print(`${id}  expires ${expiration}`);
  return 0;
}

async function remove(context: VerbContext, id: string): Promise<number> {
  await clientFromKubeconfig(connect(context)).delete(
    secrets,
    "kube-system",
    `bootstrap-token-${id}`,
  );
  context.print(`token ${id} deleted`);
  return 0;
}
