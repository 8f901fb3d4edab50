import { controlPlaneFlags, controlPlaneOptions } from "#cli/options.ts";
import { seconds, steps } from "#cli/progress.ts";
import { untilAborted } from "#cli/until-aborted.ts";
import type { Verb } from "#cli/verb.ts";

export const server: Verb = {
  name: "server",
  describe: "run the control plane without a node; several over one Postgres act as one API server",
  examples: ["server", "server --database-url postgres://kubun@db1,db2/kubun --port 6443"],
  options: [...controlPlaneFlags],
  async run(context) {
    const clock = () => performance.now();
    const started = clock();
    const plane = await context.compose.controlPlane(
      controlPlaneOptions(context, { leaderElect: true, step: steps(context.say, clock) }),
    );
    context.say(`  data:     ${plane.database}`);
    context.say(`  server:   ${plane.url}`);
    context.say(`Ready in ${seconds(clock() - started)}`);
    context.print(`export KUBECONFIG=${plane.kubeconfigPath}`);
    await untilAborted(context.signal);
    await plane.close();
    return 0;
  },
};
