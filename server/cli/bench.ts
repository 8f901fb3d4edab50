import { UsageError, type Verb } from "#cli/verb.ts";

/** The benches live beside the tests, in the checkout: they also run small there. */
const benchMain = new URL("../../tests/bench/main.ts", import.meta.url).href;

export const bench: Verb = {
  name: "bench",
  describe:
    "measure this machine: scheduling, store, codec, api, load beside the stock server (all, when none is named)",
  positionals: "[names...]",
  examples: ["bench", "bench scheduling", "bench store codec"],
  options: [],
  async run({ positionals, print }) {
    const module: {
      runBenches?: (names: readonly string[], print: (line: string) => void) => Promise<number>;
    } = await import(benchMain);
    if (module.runBenches === undefined)
      throw new UsageError("the benches are not part of this installation");
    return module.runBenches(positionals, print);
  },
};
