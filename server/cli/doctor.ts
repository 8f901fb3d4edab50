import { checks } from "#cli/doctor-checks.ts";
import { dataDirectory } from "#cli/options.ts";
import { integer, type Verb } from "#cli/verb.ts";

export const doctor: Verb = {
  name: "doctor",
  describe: "check what a cluster needs of this machine, and say how to mend what is wrong",
  examples: ["doctor", "doctor --output json"],
  options: [
    {
      flags: "--data-dir <directory>",
      describe: "of the cluster (default: ~/.kubun)",
      env: "KUBUN_DATA_DIR",
    },
    { flags: "--port <number>", describe: "of the API server", fallback: "6443" },
  ],
  async run(context) {
    const port = integer(context.options, "port", { min: 1, max: 65_535 });
    const results = await Promise.all(
      checks.map(async ({ name, run }) => ({
        name,
        ...(await run({ dataDir: dataDirectory(context), port })),
      })),
    );
    if (context.options["output"] === "json") context.print(JSON.stringify(results));
    else {
      for (const { name, verdict, detail, mend } of results) {
        context.print(`${verdict.padEnd(5)} ${name.padEnd(12)} ${detail}`);
        if (mend !== undefined) context.print(`                   ${mend}`);
      }
    }
    return results.some(({ verdict }) => verdict === "wrong") ? 1 : 0;
  },
};
