/**
 * The legitimate load, in a process of its own so that attackers do not delay its clock: a request every 50 ms whether
 * or not the one before was answered, and a watch that must see every object made. Arguments: kubeconfig, and the
 * server's process. Prints a line of JSON for each answer, until it is ended.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { clientFromKubeconfig, readKubeconfig } from "#client/kubeconfig.ts";
import { configmaps } from "#gen/api/core/v1.ts";
import { namespace, type Sample } from "./load.ts";
import { loopTimeOf } from "./server-state.ts";

const everyMs = 50;
const objects = 20;

const server = Number(process.argv[3]);
const client = clientFromKubeconfig(readKubeconfig(readFileSync(process.argv[2] ?? "", "utf8")), {
  userAgent: "siege-load",
});

function note(sample: Sample): void {
  process.stdout.write(`${JSON.stringify(sample)}\n`);
}

interface Moment {
  readonly at: number;
  readonly started: number;
  readonly loop: number;
}

const now = (): Moment => ({
  at: Date.now(),
  started: performance.now(),
  loop: loopTimeOf(server),
});

const passed = ({ at, started, loop }: Moment): Pick<Sample, "at" | "ms" | "loopMs"> => ({
  at,
  ms: performance.now() - started,
  loopMs: loopTimeOf(server) - loop,
});

/** Whether it was granted. */
async function timed(what: Sample["what"], perform: () => Promise<unknown>): Promise<boolean> {
  const since = now();
  let failed = "";
  try {
    await perform();
  } catch (error) {
    failed = `${error}`;
  }
  note({ what, ...passed(since), failed });
  return failed === "";
}

/** When each was asked for; its event ends the wait. */
const awaited = new Map<string, Moment>();

async function follow(): Promise<void> {
  for (;;) {
    try {
      for await (const { type, object } of client.watch(configmaps, { namespace })) {
        const waiting = awaited.get(object.metadata.name);
        if (type !== "ADDED" || waiting === undefined) continue;
        awaited.delete(object.metadata.name);
        note({ what: "watch", ...passed(waiting), failed: "" });
      }
    } catch (error) {
      note({ what: "watch", ...passed(now()), failed: `${error}` });
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** What is deleted must have been made: an answer may take longer than the turns between. */
const made = new Map<string, Promise<boolean>>();

function create(name: string): Promise<boolean> {
  awaited.set(name, now());
  const draft = { metadata: { name }, data: { text: "x".repeat(1_000) } };
  return timed("create", () => client.create(configmaps, namespace, draft));
}

async function remove(name: string): Promise<void> {
  const wasMade = await made.get(name);
  made.delete(name);
  if (wasMade === true) await timed("delete", () => client.delete(configmaps, namespace, name));
}

function step(turn: number): Promise<unknown> {
  const name = `load-${turn}`;
  switch (turn % 4) {
    case 0:
      made.set(name, create(name));
      return Promise.resolve();
    case 1:
      return timed("list", () => client.list(configmaps, { namespace }));
    case 2:
      return timed("get", () => client.get(configmaps, "kube-system", "kube-root-ca.crt"));
    default:
      if (turn < objects + 4) return Promise.resolve();
      return remove(`load-${turn - 3 - objects}`);
  }
}

void follow();
for (let turn = 0; ; turn++) {
  void step(turn);
  await new Promise((resolve) => setTimeout(resolve, everyMs));
}
