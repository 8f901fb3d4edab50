import {
  clusterDns,
  dataDirectory,
  nodeFlags,
  nodeName,
  portRange,
  runtimeChoice,
} from "#cli/options.ts";
import { untilAborted } from "#cli/until-aborted.ts";
import { integer, text, UsageError, type Verb, type VerbContext } from "#cli/verb.ts";

function podCidr({ options }: VerbContext): string {
  const given = text(options, "podCidr");
  if (given === "" || /^\d+(\.\d+){3}\/\d+$/.test(given)) return given;
  throw new UsageError(`--pod-cidr: "${given}" is not ADDRESS/BITS`);
}

export const agent: Verb = {
  name: "agent",
  describe: "join this machine to a cluster as a node",
  examples: [
    "agent --server https://10.0.0.1:6443 --token abcdef.0123456789abcdef --ca-cert-hash sha256:…",
    "agent --server https://10.0.0.1:6443        # later: the certificate is in the data directory",
  ],
  options: [
    { flags: "--server <url>", describe: "of the API server", env: "KUBUN_SERVER" },
    {
      flags: "--token <token>",
      describe: "bootstrap token (kubun token create)",
      env: "KUBUN_TOKEN",
    },
    {
      flags: "--ca-cert-hash <hash>",
      describe: "sha256:… of the cluster CA's public key, printed with the token",
    },
    {
      flags: "--data-dir <directory>",
      describe: "where everything is kept (default: ~/.kubun)",
      env: "KUBUN_DATA_DIR",
    },
    {
      flags: "--port <number>",
      describe: "of the node's own endpoint (logs); 0: any free one",
      fallback: "10250",
    },
    {
      flags: "--pod-cidr <cidr>",
      describe: "of this node's pods, where the control plane gives nodes none",
    },
    ...nodeFlags,
  ],
  async run(context) {
    const url = text(context.options, "server");
    if (!/^https:\/\/[^/]+$/.test(url))
      throw new UsageError(`--server: "${url}" is not https://HOST:PORT`);
    const token = text(context.options, "token");
    const caCertHash = text(context.options, "caCertHash");
    const node = await context.compose.agent({
      server: url,
      token: token === "" ? undefined : token,
      caCertHash: caCertHash === "" ? undefined : caCertHash,
      dataDir: dataDirectory(context),
      nodeName: nodeName(context),
      runtime: runtimeChoice(context),
      port: integer(context.options, "port", portRange),
      podCidr: podCidr(context),
      clusterDns: clusterDns(context),
      signal: context.signal,
    });
    context.say(`  runtime:  ${node.runtime}`);
    await node.ready();
    context.say(`node ${nodeName(context)} is Ready`);
    await untilAborted(context.signal);
    await node.close();
    return 0;
  },
};
