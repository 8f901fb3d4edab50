import type { Verb } from "#cli/verb.ts";
import { kubernetesVersion, kubunVersion } from "#telemetry/version.ts";

export const version: Verb = {
  name: "version",
  describe: "print the versions of kubun and of the Kubernetes API that it speaks",
  examples: ["version", "version --output json"],
  options: [],
  async run({ options, print }) {
    const versions = { kubun: kubunVersion, kubernetes: kubernetesVersion };
    print(
      options["output"] === "json"
        ? JSON.stringify(versions)
        : `kubun ${kubunVersion} (Kubernetes API ${kubernetesVersion})`,
    );
    return 0;
  },
};
