/** The main job, as a user does it: a cluster from one command, a Deployment that runs, a restart that finds it all. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  hasKubectl,
  type RunningCluster,
  removeDataDir,
  startCluster,
  waitFor,
} from "../support/cluster.ts";
import { throughPort } from "../support/port-forward.ts";

const skipped = hasKubectl ? "" : " (skipped: kubectl is not installed)";

describe.skipIf(!hasKubectl)(`kubun up on simulated nodes${skipped}`, () => {
  let cluster: RunningCluster;
  const kubectl = (...args: readonly string[]): string => {
    const { code, out, err } = cluster.kubectl(...args);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${err}`);
    return out;
  };
  const podNames = (): string[] =>
    kubectl("get", "pods", "-l", "app=web", "-o", "name").trim().split("\n").sort();

  beforeAll(async () => {
    cluster = await startCluster(["--runtime", "simulated", "--nodes", "3"]);
  });
  afterAll(async () => {
    await cluster.stop();
    removeDataDir(cluster.dataDir);
  });

  test("the nodes are Ready", () => {
    const ready = kubectl("get", "nodes", "--no-headers").trim().split("\n");
    expect(ready).toHaveLength(3);
    for (const line of ready) expect(line).toMatch(/\sReady\s/);
  });

  test("a Deployment rolls out, scales and is exposed", () => {
    kubectl("create", "deployment", "web", "--image=example.test/web:1", "--replicas=3");
    kubectl("rollout", "status", "deploy/web", "--timeout=60s");
    expect(podNames()).toHaveLength(3);
    kubectl("scale", "deploy/web", "--replicas=5");
    kubectl("rollout", "status", "deploy/web", "--timeout=60s");
    kubectl("expose", "deploy/web", "--port=80");
    expect(kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}")).toMatch(
      /^10\.96\./,
    );
  });

  test("the Service has its EndpointSlice", async () => {
    const addresses = () =>
      kubectl(
        "get",
        "endpointslices",
        "-l",
        "kubernetes.io/service-name=web",
        "-o",
        "jsonpath={.items[*].endpoints[*].addresses[0]}",
      );
    await waitFor(
      "five endpoints",
      () => addresses().split(" ").filter(Boolean).length === 5,
      addresses,
    );
  });

  test("simulated containers answer: exec echoes, attach shows the log, a port names its pod", async () => {
    expect(kubectl("exec", "deploy/web", "--", "echo", "hello")).toBe("echo hello\n");
    const [pod = ""] = podNames();
    const name = pod.replace("pod/", "");
    expect(kubectl("logs", pod)).toContain("started");
    const answer = await throughPort(cluster.kubeconfig, pod, 80);
    expect(answer).toBe(`simulated pod default/${name}, port 80\n`);
  });

  test("who may only get pods/exec may not run commands by a WebSocket", () => {
    kubectl("create", "role", "reader", "--verb=get", "--resource=pods,pods/exec");
    kubectl("create", "rolebinding", "reader", "--role=reader", "--user=jane");
    const [pod = ""] = podNames();
    const { code, err } = cluster.kubectl("exec", pod, "--as=jane", "--", "id");
    expect(code).toBe(1);
    expect(err).toContain('User "jane" cannot create resource "pods/exec"');
  });

  test("a wrong input gets a sentence and changes nothing", () => {
    const { code, err } = cluster.kubectl("scale", "deploy/web", "--replicas=-1");
    expect(code).not.toBe(0);
    expect(err.length).toBeGreaterThan(0);
    const typo = cluster.kubectl("patch", "deploy/web", "-p", '{"spec":{"replicas":"many"}}');
    expect(typo.code).not.toBe(0);
    expect(kubectl("get", "deploy", "web", "-o", "jsonpath={.spec.replicas}")).toBe("5");
  });

  test("kill -9 in a rollout: the next start completes it and finds the rest as it was", async () => {
    const service = kubectl(
      "get",
      "service",
      "web",
      "-o",
      "jsonpath={.metadata.uid} {.spec.clusterIP}",
    );
    kubectl("set", "image", "deploy/web", "*=example.test/web:2");
    await cluster.stop("SIGKILL");
    cluster = await startCluster(["--runtime", "simulated", "--nodes", "3"], cluster.dataDir);
    kubectl("rollout", "status", "deploy/web", "--timeout=90s");
    const images = kubectl(
      "get",
      "pods",
      "-l",
      "app=web",
      "-o",
      "jsonpath={.items[*].spec.containers[0].image}",
    );
    expect(new Set(images.split(" "))).toEqual(new Set(["example.test/web:2"]));
    expect(
      kubectl("get", "service", "web", "-o", "jsonpath={.metadata.uid} {.spec.clusterIP}"),
    ).toBe(service);
  });

  test("deleting the Deployment deletes its pods", async () => {
    kubectl("delete", "deploy", "web");
    await waitFor("no pods", () => kubectl("get", "pods", "-o", "name").trim() === "");
  });
});
