import type { ControlPlane, Nodes } from "#cli/compose.ts";
import { mergeKubeconfig } from "#cli/merge-kubeconfig.ts";
import {
  clusterDns,
  controlPlaneFlags,
  controlPlaneOptions,
  dataDirectory,
  nodeFlags,
  nodeName,
  nodesMax,
  runtimeChoice,
} from "#cli/options.ts";
import { seconds, steps } from "#cli/progress.ts";
import { untilAborted } from "#cli/until-aborted.ts";
import { integer, type Verb, type VerbContext } from "#cli/verb.ts";

export const up: Verb = {
  name: "up",
  describe: "run a whole cluster here: API server, Postgres, controllers, scheduler and nodes",
  examples: ["up", "up --nodes 500 --runtime simulated", "up --data-dir ./second --port 7443"],
  options: [
    ...controlPlaneFlags,
    ...nodeFlags,
    {
      flags: "--nodes <number>",
      describe: "how many nodes; more than one only simulated",
      fallback: "1",
    },
    {
      flags: "--merge-kubeconfig",
      describe: "also add this cluster to ~/.kube/config and make it current",
    },
  ],
  async run(context) {
    const clock = () => performance.now();
    const started = clock();
    const count = integer(context.options, "nodes", { min: 0, max: nodesMax });
    const step = steps(context.say, clock);
    const plane = await context.compose.controlPlane(
      controlPlaneOptions(context, { leaderElect: false, step }),
    );
    const nodes = await step(`${count} node${count === 1 ? "" : "s"} Ready`, async () => {
      const joined = await plane.startNodes({
        count,
        runtime: runtimeChoice(context),
        nodeName: nodeName(context),
        clusterDns: clusterDns(context),
      });
      await joined.ready();
      return joined;
    });
    if (context.options["mergeKubeconfig"] === true)
      mergeKubeconfig(context.home, plane.kubeconfigPath);
    announce(context, plane, nodes, seconds(clock() - started));
    await untilAborted(context.signal);
    context.say("stopping; containers keep running");
    await nodes.close();
    await plane.close();
    return 0;
  },
};

function announce(context: VerbContext, plane: ControlPlane, nodes: Nodes, took: string): void {
  const { kubeconfigPath, url, database } = plane;
  if (context.options["output"] === "json") {
    context.print(
      JSON.stringify({ url, kubeconfig: kubeconfigPath, database, runtime: nodes.runtime }),
    );
    return;
  }
  context.say(`  data:     ${dataDirectory(context)} (${database})`);
  context.say(`  server:   ${url}`);
  context.say(`  runtime:  ${nodes.runtime}`);
  context.say(`Ready in ${took}`);
  context.print(`export KUBECONFIG=${kubeconfigPath}`);
}
