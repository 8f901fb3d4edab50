/** The stock kubectl, for what only a client shows: logs, exec. */
import { run as runPeer } from "#tests/support/peers.ts";

export interface Kubectl {
  /** Its output. Throws with it on a refusal. */
  run(...args: readonly string[]): Promise<string>;
}

export function kubectlOf(kubeconfig: string): Kubectl {
  return {
    async run(...args) {
      const { code, out } = await runPeer("kubectl", ["--kubeconfig", kubeconfig, ...args]);
      if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${out}`);
      return out;
    },
  };
}
