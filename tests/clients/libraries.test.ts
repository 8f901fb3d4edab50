/**
 * The published client libraries, unmodified, on one cluster that is killed and started again under them:
 * `@kubernetes/client-node`, the Python client, and client-go in the programs that are built with it.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import process from "node:process";
import {
  type RunningCluster,
  removeDataDir,
  startCluster,
  waitFor,
} from "#tests/support/cluster.ts";
import { freePort } from "#tests/support/free-port.ts";
import { missingPeers, PeerProcesses, peer } from "#tests/support/peers.ts";
import { nodeForClients, pythonClient } from "./installed.ts";
import { pythonScenario } from "./python-client.ts";
import { Reporting } from "./reports.ts";

const node = nodeForClients();
const python = pythonClient();
const missingStock = missingPeers("fakenode", "kube-scheduler");
const because = (missing: string): string => (missing === "" ? "" : ` (skipped: ${missing})`);
const noGo = missingStock.length === 0 ? "" : `not built here: ${missingStock.join(", ")}`;

let cluster: RunningCluster;
let upArgs: readonly string[];
const programs = new Map<string, Reporting>();
let peers: PeerProcesses;
let restarted: Promise<void> | undefined;

function kubectl(...args: readonly string[]): string {
  const { code, out, err } = cluster.kubectl(...args);
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${err}\n${cluster.said()}`);
  return out;
}

/** kill -9 when everybody watches; what is written behind it must reach them. */
function restart(): Promise<void> {
  restarted ??= (async () => {
    for (const program of programs.values()) await program.step("watches");
    await cluster.stop("SIGKILL");
    cluster = await startCluster(upArgs, cluster.dataDir);
    for (const namespace of programs.keys()) {
      kubectl("create", "configmap", "after", "--namespace", namespace);
    }
  })();
  return restarted;
}

beforeAll(async () => {
  upArgs = ["--runtime", "simulated", "--nodes", "1", "--port", `${await freePort()}`];
  cluster = await startCluster(upArgs);
  peers = new PeerProcesses(cluster.dataDir);
  const scenario = join(import.meta.dirname, "client-node.ts");
  if (node.missing === "") {
    programs.set("js", new Reporting(node.path, [scenario, cluster.kubeconfig, "js"], {}));
  }
  if (python.missing === "") {
    const args = ["-c", pythonScenario, cluster.kubeconfig, "py"];
    programs.set("py", new Reporting("python3", args, { PYTHONPATH: python.path }));
  }
}, 120_000);
afterAll(async () => {
  for (const program of programs.values()) await program.stop();
  await peers?.stop();
  await cluster?.stop();
  if (cluster !== undefined) removeDataDir(cluster.dataDir);
}, 60_000);

function programOf(namespace: string): Reporting {
  const program = programs.get(namespace);
  if (program === undefined) throw new Error(`${namespace} was not started`);
  return program;
}

const listed = {
  names: [["a", "b"], ["c"]],
  missing: { code: 404, reason: "NotFound" },
  taken: { code: 409, reason: "AlreadyExists" },
};
const patched = (manager: string) => ({
  strategic: ["beside", "web"],
  json: 1,
  merge: ["beside"],
  applied: [["beside", "web"], 2],
  managers: [manager],
  wrong: { code: 422, reason: "Invalid" },
});
const log = "simulated container c (example.test/c:1) started\n";

describe.skipIf(noGo !== "")(`client-go${because(noGo)}`, () => {
  const leader = (): string =>
    cluster.kubectl(
      ...["get", "lease", "stock-scheduler", "--namespace", "kube-system"],
      ...["--output", "jsonpath={.spec.holderIdentity}"],
    ).out;
  const candidate = async (name: string): Promise<void> => {
    const { kubeconfig, dataDir } = cluster;
    peers.start(name, peer("kube-scheduler"), [
      ...["--kubeconfig", kubeconfig, "--authentication-kubeconfig", kubeconfig],
      ...["--authorization-kubeconfig", kubeconfig, "--cert-dir", join(dataDir, name)],
      ...["--bind-address", "127.0.0.1", "--secure-port", `${await freePort()}`],
      ...["--leader-elect-resource-name=stock-scheduler", "--leader-elect-retry-period=1s"],
      ...["--leader-elect-lease-duration=4s", "--leader-elect-renew-deadline=3s"],
    ]);
  };

  test("a dead leader's lease is taken over", async () => {
    await candidate("first");
    const [first = 0] = peers.pids;
    await waitFor(
      "a leader",
      () => leader() !== "",
      () => peers.said(),
    );
    const before = leader();
    await candidate("second");
    process.kill(first, "SIGKILL");
    await waitFor("another leader", () => leader() !== before, leader);
  }, 240_000);

  test("its informers go on over a restart of the server", async () => {
    // No container of it can be talked to: the others' pods must have found their node before.
    for (const program of programs.values()) await program.step("streams");
    const args = ["--kubeconfig", cluster.kubeconfig, "-n", "1"];
    peers.start("fakenode", peer("fakenode"), args);
    const ready = () => cluster.kubectl("wait", "--for=condition=Ready", "node/fake-0000");
    await waitFor(
      "the node of client-go",
      () => ready().code === 0,
      () => ready().err,
    );
    await restart();
    const spec = JSON.stringify({ spec: { nodeName: "fake-0000" } });
    kubectl("run", "after", "--image=example.test/after:1", `--overrides=${spec}`);
    kubectl("wait", "--for=condition=Ready", "pod/after", "--timeout=60s");
  }, 240_000);
});

describe.skipIf(node.missing !== "")(`@kubernetes/client-node${because(node.missing)}`, () => {
  test("lists in pages and is refused in kind", async () => {
    expect(await programOf("js").step("lists")).toMatchObject({ ...listed, created: true });
  }, 240_000);
  test("patches in every way, and applies", async () => {
    expect(await programOf("js").step("patches")).toMatchObject(patched("client-node"));
  }, 240_000);
  test("takes a lease once", async () => {
    const late = { code: 409, reason: "Conflict" };
    expect(await programOf("js").step("elects")).toMatchObject({ holder: "second", late });
  }, 240_000);
  test("runs a command, follows a log, forwards a port", async () => {
    expect(await programOf("js").step("streams")).toMatchObject({
      ran: "echo hello\n",
      ended: { status: "Success" },
      followed: log,
      answered: expect.stringContaining("simulated pod js/talks, port 80"),
    });
  }, 240_000);
  test("is told that there are no metrics", async () => {
    // What is of no group of ours is answered by a page, as upstream does, which this client does not read.
    expect(await programOf("js").step("metrics")).toMatchObject({ nodes: { code: 500 } });
  }, 240_000);
  test("its informer goes on over a restart of the server", async () => {
    await restart();
    expect(await programOf("js").step("watches")).toMatchObject({
      seen: ["add a", "add b", "add c", "delete c"],
    });
    expect(await programOf("js").step("watches on")).toMatchObject({
      later: ["add after"],
      errors: true,
      kept: 4,
    });
  }, 240_000);
});

describe.skipIf(python.missing !== "")(`the Python client${because(python.missing)}`, () => {
  test("lists in pages and is refused in kind", async () => {
    expect(await programOf("py").step("lists")).toMatchObject(listed);
  }, 240_000);
  test("patches in every way, and applies by its dynamic client", async () => {
    expect(await programOf("py").step("patches")).toMatchObject(patched("python"));
    expect(await programOf("py").step("discovers")).toMatchObject({
      kinds: ["ConfigMap", "Pod", "Service"],
      found: "web",
    });
  }, 240_000);
  test("runs a command and reads a log", async () => {
    expect(await programOf("py").step("streams")).toMatchObject({ ran: "echo hello\n", log });
  }, 240_000);
  test("hands leadership over when the first one gives up", async () => {
    expect(await programOf("py").step("elects")).toMatchObject({
      led: ["first", "second"],
      holder: "second",
    });
  }, 240_000);
  test("its watch and its informer go on over a restart of the server", async () => {
    await restart();
    expect(await programOf("py").step("watches")).toMatchObject({ seen: ["DELETED c"] });
    expect(await programOf("py").step("watches on")).toMatchObject({
      later: ["ADDED after"],
      broken: true,
      informed: ["DELETED c", "ADDED after"],
    });
  }, 240_000);
});
