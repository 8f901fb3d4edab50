/** `npm run bench [scheduling] [store] [codec] [api] [start] [cluster] [load]`: full size; the tests run each of them small. */
import { cpus } from "node:os";
import process from "node:process";

/** One bench: prints what was done, and the rates. */
export interface Bench {
  readonly name: string;
  /** `args`: what follows its name on the command line. */
  run(print: (line: string) => void, args?: readonly string[]): Promise<void>;
}

const loaders: Readonly<Record<string, () => Promise<Bench>>> = {
  scheduling: async () => (await import("./scheduling.ts")).scheduling,
  store: async () => (await import("./store.ts")).store,
  codec: async () => (await import("./codec.ts")).codec,
  api: async () => (await import("./api.ts")).api,
  start: async () => (await import("./start.ts")).startBench,
  cluster: async () => (await import("./cluster.ts")).clusterBench,
  load: async () => (await import("./load.ts")).load,
};

export async function runBenches(
  names: readonly string[],
  print: (line: string) => void,
): Promise<number> {
  const flag = names.findIndex((name) => name.startsWith("--"));
  const named = flag < 0 ? names : names.slice(0, flag);
  const args = flag < 0 ? [] : names.slice(flag);
  const chosen = named.length > 0 ? named : Object.keys(loaders);
  print(`machine: ${cpus().length} x ${cpus()[0]?.model ?? "unknown processor"}`);
  for (const name of chosen) {
    const load = loaders[name];
    if (load === undefined) {
      print(`no bench is called "${name}"; there are: ${Object.keys(loaders).join(", ")}`);
      return 2;
    }
    print(`\n${name}`);
    await (await load()).run((line) => print(`  ${line}`), args);
  }
  return 0;
}

if (import.meta.main) {
  process.exit(await runBenches(process.argv.slice(2), (line) => console.log(line)));
}
