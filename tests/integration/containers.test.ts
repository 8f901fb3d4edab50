/**
 * The main job on real containers, as a user does it: images without a registry, a Deployment, logs, `kill -9`
 * in a rollout, a second machine (here: a second data directory) that joins by the printed command.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDataDir } from "#tests/support/data-dir.ts";
import { missingForContainers, removeContainerd } from "../kubelet/containers.ts";
import {
  hasKubectl,
  kubun,
  type RunningCluster,
  type RunningVerb,
  startCluster,
  startVerb,
  waitFor,
} from "../support/cluster.ts";
import { busyboxArchive, busyboxImage } from "../support/images.ts";
import { throughPort } from "../support/port-forward.ts";

const missing = [
  ...(await missingForContainers()),
  ...(hasKubectl ? [] : ["kubectl is not installed"]),
];
const why = missing.length === 0 ? "" : ` (skipped: ${missing.join("; ")})`;
const loop = "trap 'exit 0' TERM; echo up $(hostname); while true; do echo tick; sleep 0.2; done";
const upArgs = ["--runtime", "containerd", "--nodes", "1", "--node-name", "first"];

describe.skipIf(missing.length > 0)(`kubun up on real containers${why}`, () => {
  let cluster: RunningCluster;
  let joined: RunningVerb | undefined;
  const joinedDir = temporaryDataDir();
  const thirdDir = temporaryDataDir();
  const kubectl = (...args: readonly string[]): string => {
    const { code, out, err } = cluster.kubectl(...args);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${err}\n${cluster.said()}`);
    return out;
  };
  const importInto = async (dataDir: string): Promise<void> => {
    const args = ["image", "import", "--data-dir", dataDir, "-"];
    expect(kubun(args, await busyboxArchive())).toMatchObject({
      code: 0,
      out: `${busyboxImage}\n`,
    });
  };
  const containers = (selector: string): string =>
    kubectl(
      "get",
      "pods",
      "-l",
      selector,
      "-o",
      'jsonpath={range .items[*]}{.metadata.name}={.status.containerStatuses[0].containerID},{.status.containerStatuses[0].restartCount}{"\\n"}{end}',
    );
  const joinCommand = (): string[] => {
    const { dataDir } = cluster;
    const { out } = kubun(["token", "create", "--data-dir", dataDir, "--print-join-command"]);
    const [npx, program, ...args] = out.trim().split(" ");
    expect([npx, program, args[0]]).toEqual(["npx", "kubun", "agent"]);
    return args;
  };
  const asSecond = ["--node-name", "second", "--port", "0", "--runtime", "containerd"];

  beforeAll(async () => {
    cluster = await startCluster(upArgs);
    await importInto(cluster.dataDir);
  });
  afterAll(async () => {
    kubectl("delete", "deployments,pods", "--all", "--grace-period=1", "--wait=false");
    const left = () => kubectl("get", "pods", "-o", "name");
    await waitFor("no pods", () => left().trim() === "", left);
    await joined?.stop();
    await cluster.stop();
    for (const dataDir of [joinedDir, thirdDir, cluster.dataDir]) await removeContainerd(dataDir);
  });

  test("a Deployment runs, scales, and its logs are read", async () => {
    const image = `--image=${busyboxImage}`;
    kubectl("create", "deployment", "web", image, "--replicas=3", "--", "sh", "-c", loop);
    kubectl("create", "deployment", "kept", image, "--", "sh", "-c", loop);
    kubectl("rollout", "status", "deploy/web", "--timeout=60s");
    kubectl("rollout", "status", "deploy/kept", "--timeout=60s");
    expect(kubectl("logs", "deploy/web", "--tail=-1")).toStartWith("up web-");
    const follower = spawn("kubectl", [
      ...["--kubeconfig", cluster.kubeconfig, "logs", "-f", "deploy/web", "--tail=1"],
    ]);
    let followed = "";
    follower.stdout.on("data", (chunk: Buffer) => {
      followed += chunk;
    });
    await waitFor("three lines", () => followed.split("\n").length > 3);
    follower.kill();
    kubectl("scale", "deploy/web", "--replicas=5");
    kubectl("rollout", "status", "deploy/web", "--timeout=60s");
  }, 120_000);

  test("the log of the container before is read with --previous", async () => {
    const script = "echo last words; exit 3";
    kubectl("run", "crash", `--image=${busyboxImage}`, "--", "sh", "-c", script);
    await waitFor("a restart", () => /,[1-9]/.test(containers("run=crash")));
    expect(kubectl("logs", "crash", "--previous")).toBe("last words\n");
    kubectl("delete", "pod", "crash");
  }, 120_000);

  test("exec, attach, port-forward and cp, over WebSockets and over SPDY", async () => {
    const page =
      "echo page > /tmp/index.html; httpd -p 8080 -h /tmp; while read word; do echo heard $word; done";
    const container = {
      name: "shell",
      image: busyboxImage,
      stdin: true,
      command: ["sh", "-c", page],
    };
    const spec = JSON.stringify({ spec: { containers: [container] } });
    kubectl("run", "shell", `--image=${busyboxImage}`, "--restart=Never", `--overrides=${spec}`);
    kubectl("wait", "--for=condition=Ready", "pod/shell", "--timeout=60s");
    const noise = randomBytes(1024 * 1024);
    for (const websockets of ["true", "false"]) {
      const env = {
        KUBECTL_REMOTE_COMMAND_WEBSOCKETS: websockets,
        KUBECTL_PORT_FORWARD_WEBSOCKETS: websockets,
      };
      const run = (args: readonly string[], input?: Uint8Array) =>
        spawnSync("kubectl", ["--kubeconfig", cluster.kubeconfig, ...args], {
          env: { ...process.env, ...env },
          timeout: 30_000,
          ...(input === undefined ? {} : { input }),
        });
      const script = "echo out; echo err >&2; exit 7";
      const ended = run(["exec", "shell", "--", "sh", "-c", script]);
      expect(ended.status).toBe(7);
      expect(String(ended.stdout)).toBe("out\n");
      expect(String(ended.stderr)).toContain("err\n");
      const echoed = run(["exec", "-i", "shell", "--", "cat"], noise);
      expect(echoed.stdout.equals(noise)).toBe(true);
      expect(run(["exec", "shell", "--", "nosuch"]).status).toBe(1);
      const attached = spawn(
        "kubectl",
        ["--kubeconfig", cluster.kubeconfig, "attach", "-i", "shell"],
        {
          env: { ...process.env, ...env },
        },
      );
      let heard = "";
      attached.stdout.on("data", (chunk: Buffer) => {
        heard += chunk;
      });
      attached.stdin.write(`${websockets}\n`);
      await waitFor("the attached shell", () => heard.includes(`heard ${websockets}`));
      attached.kill();
      expect(await throughPort(cluster.kubeconfig, "pod/shell", 8080, "/", env)).toBe("page\n");
    }
    kubectl("expose", "pod", "shell", "--port=80", "--target-port=8080");
    const raw = (path: string): string => cluster.kubectl("get", "--raw", path).out;
    const inDefault = "/api/v1/namespaces/default";
    expect(raw(`${inDefault}/pods/shell:8080/proxy/`)).toBe("page\n");
    const service = (): string => raw(`${inDefault}/services/shell/proxy/`);
    await waitFor("an answer of the Service", () => service() === "page\n");
    expect(raw("/api/v1/nodes/first/proxy/healthz")).toBe("ok");
    const metrics = raw("/api/v1/nodes/first/proxy/metrics/resource");
    expect(metrics).toMatch(
      /^pod_memory_working_set_bytes{namespace="default",pod="shell"} [1-9]/m,
    );
    const file = join(joinedDir, "noise");
    writeFileSync(file, noise);
    kubectl("cp", file, "shell:/tmp/noise");
    kubectl("cp", "shell:/tmp/noise", `${file}.back`);
    expect(readFileSync(`${file}.back`).equals(noise)).toBe(true);
  }, 180_000);

  test("kill -9 in a rollout: it completes, and no container of a kept pod was restarted", async () => {
    const before = containers("app=kept");
    expect(before).toContain("containerd://");
    kubectl("set", "env", "deploy/web", "VERSION=2");
    await cluster.stop("SIGKILL");
    cluster = await startCluster(upArgs, cluster.dataDir);
    kubectl("rollout", "status", "deploy/web", "--timeout=90s");
    expect(containers("app=kept")).toBe(before);
    expect(kubectl("logs", "deploy/kept", "--tail=1")).toBe("tick\n");
  }, 180_000);

  test("a second machine joins by the printed command, and comes back without a token", async () => {
    joined = await startVerb([...joinCommand(), "--data-dir", joinedDir, ...asSecond], "is Ready");
    await importInto(joinedDir);
    const spec = JSON.stringify({ spec: { nodeName: "second" } });
    const image = `--image=${busyboxImage}`;
    kubectl("run", "there", image, `--overrides=${spec}`, "--", "sh", "-c", loop);
    kubectl("wait", "--for=condition=Ready", "pod/there", "--timeout=60s");
    expect(kubectl("logs", "there", "--tail=-1")).toStartWith("up there\n");
    const before = containers("run=there");
    await joined.stop();
    const server = kubectl("config", "view", "-o", "jsonpath={.clusters[0].cluster.server}");
    const again = ["agent", "--server", server, "--data-dir", joinedDir, ...asSecond];
    joined = await startVerb(again, "is Ready");
    expect(containers("run=there")).toBe(before);
    expect(kubectl("logs", "there", "--tail=1")).toBe("tick\n");
  }, 180_000);

  test("nobody joins under the name of a node that is Ready", () => {
    const { code, err } = kubun([...joinCommand(), "--data-dir", thirdDir, ...asSecond]);
    expect(code).toBe(1);
    expect(err).toContain('a node named "second" is Ready');
    const nodes = kubectl("get", "nodes", "--no-headers").trim().split("\n");
    expect(nodes.map((line) => line.split(/\s+/).slice(0, 2))).toEqual([
      ["first", "Ready"],
      ["second", "Ready"],
    ]);
  }, 60_000);
});
