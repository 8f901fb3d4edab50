/** The agent on real containers: containerd started by it, images made here, an API server beside it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { freePodCidr } from "#cli/pod-network.ts";
import { hostAddresses } from "#cli/start-control-plane.ts";
import type { Client } from "#client/client.ts";
import { systemClock } from "#client/clock.ts";
import { configmaps, type Pod, type PodSpec, pods, secrets } from "#gen/api/core/v1.ts";
import { importImage, ownContainerd } from "#kubelet/cri/containerd-process.ts";
import { ImageCollector } from "#kubelet/eviction/unused-images.ts";
import { imageArchive } from "#kubelet/oci/image-archive.ts";
import { chooseRuntime } from "#kubelet/runtime-choice.ts";
import { silent } from "#telemetry/log.ts";
import { eventually, openPlane, type Plane } from "#tests/controllers/plane.ts";
import { temporaryDataDir } from "#tests/support/data-dir.ts";
import { busyboxImage as image } from "#tests/support/images.ts";
import {
  askNode,
  memoryLimitOf,
  missingForContainers,
  mountsOf,
  openTestNode,
  removeContainerd,
  type TestNode,
} from "./containers.ts";

const missing = await missingForContainers();
const why = missing.length === 0 ? "" : ` (skipped: ${missing.join("; ")})`;
const nodeName = "real";
const secondsMax = 60;

describe.skipIf(missing.length > 0)(`the agent on containerd${why}`, () => {
  let plane: Plane;
  let client: Client;
  let node: TestNode;
  let dataDir: string;

  beforeAll(async () => {
    // Containers of others may run on this machine.
    plane = await openPlane({ clusterCidr: freePodCidr(hostAddresses()) });
    client = plane.client;
    dataDir = temporaryDataDir();
    node = await openTestNode(plane, nodeName, dataDir);
  });
  afterAll(async () => {
    for (const { metadata } of (await client.list(pods)).items) {
      const { namespace = "", name } = metadata;
      await client.delete(pods, namespace, name, { gracePeriodSeconds: 1 }).catch(() => {});
    }
    const all = async () => (await client.list(pods)).items;
    await eventually("no pods", all, (left) => left.length === 0, secondsMax);
    await node.stop();
    await plane.close();
    await removeContainerd(dataDir);
  });

  const get = (name: string): Promise<Pod> => client.get(pods, "default", name);
  const until = (name: string, isDone: (pod: Pod) => boolean): Promise<Pod> =>
    eventually(name, () => get(name), isDone, secondsMax);
  const isReady = ({ status }: Pod): boolean =>
    status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") === true;
  const shell = (script: string) => ({ name: "c", image, command: ["sh", "-c", script] });
  const create = (name: string, spec: Omit<PodSpec, "nodeName">): Promise<Pod> =>
    eventually(
      `create ${name}`,
      () =>
        client
          .create(pods, "default", { metadata: { name }, spec: { ...spec, nodeName } })
          // The namespace's service account comes from a controller.
          .catch((error: unknown) => String(error)),
      (seen) => typeof seen !== "string",
      secondsMax,
    ).then((seen) => {
      if (typeof seen === "string") throw new Error(seen);
      return seen;
    });
  const log = async (pod: string, container: string, query = ""): Promise<string> =>
    (await askNode(plane, node, `/containerLogs/default/${pod}/${container}${query}`)).text;

  test("init containers, sidecars, env, volumes, probes: all that a pod says comes about", async () => {
    await client.create(configmaps, "default", {
      metadata: { name: "settings" },
      data: { color: "blue" },
    });
    await client.create(secrets, "default", {
      metadata: { name: "password" },
      data: { word: Buffer.from("secret").toString("base64") },
    });
    const work = { name: "work", mountPath: "/scratch" };
    const settings = { name: "settings", mountPath: "/settings" };
    await create("whole", {
      terminationGracePeriodSeconds: 5,
      initContainers: [
        { ...shell("echo from-init > /scratch/x"), name: "first", volumeMounts: [work] },
        {
          ...shell("trap 'exit 0' TERM; while true; do sleep 0.2; done"),
          name: "side",
          restartPolicy: "Always",
        },
      ],
      containers: [
        {
          ...shell(
            "trap 'exit 0' TERM; echo $COLOR $WORD $IP; cat /scratch/x /settings/color; hostname; httpd -p 8080 -h /settings; while true; do sleep 0.2; done",
          ),
          env: [
            { name: "COLOR", valueFrom: { configMapKeyRef: { name: "settings", key: "color" } } },
            { name: "WORD", valueFrom: { secretKeyRef: { name: "password", key: "word" } } },
            { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
          ],
          resources: { limits: { memory: "64Mi" } },
          startupProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
          readinessProbe: { httpGet: { path: "/color", port: 8080 }, periodSeconds: 1 },
          livenessProbe: { exec: { command: ["cat", "/scratch/x"] }, periodSeconds: 1 },
          volumeMounts: [work, settings, { name: "memory", mountPath: "/memory" }],
        },
      ],
      volumes: [
        { name: "work", emptyDir: {} },
        { name: "memory", emptyDir: { medium: "Memory", sizeLimit: "1Mi" } },
        { name: "settings", configMap: { name: "settings" } },
      ],
    });
    const pod = await until("whole", isReady);
    expect(pod.status.phase).toBe("Running");
    expect(pod.status.initContainerStatuses?.map(({ ready }) => ready)).toEqual([true, true]);
    const said = `blue secret ${pod.status.podIP}\nfrom-init\nbluewhole\n`;
    expect(await log("whole", "c")).toBe(said);
    expect(await log("whole", "c", "?tailLines=1")).toBe("bluewhole\n");
    expect(await log("whole", "c", "?limitBytes=4")).toBe("blue");
    expect(await log("whole", "c", "?timestamps=true&tailLines=1")).toMatch(
      /^\d{4}-\d\d-\d\dT[\d:.]+Z bluewhole\n$/,
    );
  }, 120_000);

  test("an agent that starts again adopts what runs", async () => {
    const before = await get("whole");
    await node.stop();
    node = await openTestNode(plane, nodeName, dataDir);
    expect(node.reason).toBe("still running from the last start");
    // A pod that is made after the restart proves that the new agent works.
    await create("after", { restartPolicy: "Never", containers: [shell("echo done")] });
    await until("after", ({ status }) => status.phase === "Succeeded");
    const after = await get("whole");
    const ids = ({ status }: Pod) =>
      [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])].map(
        ({ containerID, restartCount }) => [containerID, restartCount],
      );
    expect(ids(after)).toEqual(ids(before));
    expect(isReady(after)).toBe(true);
  }, 120_000);

  test("a full disk takes the images that no container uses, and no other", async () => {
    const { runtime } = await chooseRuntime({
      kind: "containerd",
      dataDir: join(dataDir, "kubelet"),
      nodeName,
      clock: systemClock,
      logger: silent,
    });
    const architecture = os.arch() === "x64" ? "amd64" : os.arch();
    const unused = "kubun.test/unused:1";
    const files = [{ path: "a", data: new TextEncoder().encode("unused") }];
    await importImage(node.socket ?? "", imageArchive({ name: unused, architecture, files }));
    const names = async () => (await runtime.listImages()).flatMap((one) => one.names).sort();
    const before = await names();
    let later = 0;
    const clock = { ...systemClock, now: () => new Date(Date.now() + later) };
    const collector = new ImageCollector({ runtime, clock, logger: silent });
    const full = { available: 0, threshold: 2 ** 50 };
    expect(await collector.collect(full)).toBe(false);
    later = 3 * 60_000;
    expect(await collector.collect({ available: 1, threshold: 1 })).toBe(false);
    expect(await names()).toEqual(before);
    expect(await collector.collect(full)).toBe(true);
    expect(before).toContain(unused);
    expect(await names()).toEqual(before.filter((name) => !name.includes("/unused")));
    runtime.close();
  }, 120_000);

  test("a containerd that dies is started again; what it ran goes on", async () => {
    const before = await get("whole");
    const { pidFile } = ownContainerd(join(dataDir, "kubelet"));
    const pid = (): number => Number(readFileSync(pidFile, "utf8"));
    const killed = pid();
    process.kill(killed, "SIGKILL");
    await eventually(
      "another containerd",
      async () => pid(),
      (now) => now !== killed,
      secondsMax,
    );
    await create("revived", { restartPolicy: "Never", containers: [shell("echo done")] });
    await until("revived", ({ status }) => status.phase === "Succeeded");
    const ids = ({ status }: Pod) =>
      status.containerStatuses?.map(({ containerID }) => containerID);
    expect(ids(await get("whole"))).toEqual(ids(before));
  }, 120_000);

  test("a deleted pod ends well and leaves nothing behind", async () => {
    const { metadata } = await get("whole");
    const { uid = "" } = metadata;
    expect(mountsOf(uid).length).toBeGreaterThan(0);
    await client.delete(pods, "default", "whole");
    const gone = () =>
      get("whole").then(
        () => "there",
        () => "gone",
      );
    await eventually("whole", gone, (seen) => seen === "gone", secondsMax);
    const logs = join(dataDir, "kubelet/logs", `default_whole_${uid}`);
    await eventually(
      "its logs",
      async () => existsSync(logs),
      (there) => !there,
      secondsMax,
    );
    expect(mountsOf(uid)).toEqual([]);
    expect(existsSync(join(dataDir, "kubelet/pods", uid))).toBe(false);
  }, 120_000);

  test("what a container leaves at its end is told: exit code, last words, memory", async () => {
    const crash = "echo dying > /dev/termination-log; echo spoken; exit 3";
    await create("crash", { containers: [shell(crash)] });
    const hog = shell("x=a; while true; do x=$x$x; done");
    const memory = { limits: { memory: "16Mi" } };
    await create("oom", { restartPolicy: "Never", containers: [{ ...hog, resources: memory }] });
    const held = await until(
      "crash",
      ({ status }) => status.containerStatuses?.[0]?.state?.waiting?.reason === "CrashLoopBackOff",
    );
    expect(held.status.containerStatuses?.[0]).toMatchObject({
      restartCount: 1,
      lastState: { terminated: { exitCode: 3, reason: "Error", message: "dying\n" } },
    });
    expect(await log("crash", "c", "?previous=true")).toBe("spoken\n");
    const killed = await until("oom", ({ status }) => status.phase === "Failed");
    expect(killed.status.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 137,
      reason: "OOMKilled",
    });
  }, 120_000);

  test("a failing liveness probe restarts its container", async () => {
    const livenessProbe = { exec: { command: ["false"] }, periodSeconds: 1, failureThreshold: 1 };
    const containers = [{ ...shell("sleep 1000"), livenessProbe }];
    await create("sick", { terminationGracePeriodSeconds: 1, containers });
    await until("sick", ({ status }) => (status.containerStatuses?.[0]?.restartCount ?? 0) > 0);
  }, 120_000);

  test("what cannot start says why", async () => {
    const waiting = async (name: string, reason: string): Promise<string> => {
      const has = ({ status }: Pod) =>
        status.containerStatuses?.[0]?.state?.waiting?.reason === reason;
      const pod = await until(name, has);
      return pod.status.containerStatuses?.[0]?.state?.waiting?.message ?? "";
    };
    await create("absent", { containers: [{ name: "c", image: "127.0.0.1:1/nothing:1" }] });
    await create("root", {
      containers: [{ ...shell("true"), securityContext: { runAsNonRoot: true } }],
    });
    await create("config", {
      containers: [{ ...shell("true"), envFrom: [{ configMapRef: { name: "none" } }] }],
    });
    expect(await waiting("absent", "ImagePullBackOff")).toContain("Back-off pulling image");
    expect(await waiting("root", "CreateContainerConfigError")).toContain("image will run as root");
    expect(await waiting("config", "CreateContainerConfigError")).toBe(
      'configmap "none" not found',
    );
  }, 120_000);

  test("nobody but the cluster's own may ask the node", async () => {
    const other = await openPlane({ controllers: false });
    const answer = await askNode(other, node, "/pods");
    expect(answer.status).toBe(401);
    await other.close();
  });

  test("a resize changes the running container's cgroup, or restarts it where its policy says so", async () => {
    const resources = { requests: { cpu: "100m" }, limits: { memory: "64Mi" } };
    const policy = [{ resourceName: "cpu", restartPolicy: "RestartContainer" }];
    await create("resized", {
      terminationGracePeriodSeconds: 1,
      containers: [
        { ...shell("sleep 1000"), resources },
        { ...shell("sleep 1000"), name: "d", resources, resizePolicy: policy },
      ],
    });
    const before = await until("resized", isReady);
    const resize = (name: string, wanted: object) =>
      client.patch(
        pods,
        { namespace: "default", name: "resized", subresource: "resize" },
        "application/strategic-merge-patch+json",
        { spec: { containers: [{ name, resources: wanted }] } },
      );
    const statusOf = ({ status }: Pod, name: string) =>
      status.containerStatuses?.find((one) => one.name === name);
    await resize("c", { limits: { memory: "96Mi" } });
    const grown = await until(
      "resized",
      (pod) => statusOf(pod, "c")?.resources?.limits?.["memory"] === "96Mi",
    );
    expect(statusOf(grown, "c")?.containerID).toBe(statusOf(before, "c")?.containerID ?? "");
    const id = statusOf(grown, "c")?.containerID?.split("//")[1] ?? "";
    expect(memoryLimitOf(id)).toBe(96 * 1024 * 1024);
    await resize("d", { requests: { cpu: "200m" } });
    const restarted = await until(
      "resized",
      (pod) => statusOf(pod, "d")?.restartCount === 1 && isReady(pod),
    );
    expect(statusOf(restarted, "d")?.allocatedResources).toMatchObject({ cpu: "200m" });
    expect(restarted.status.conditions?.some(({ type }) => type.startsWith("PodResize"))).toBe(
      false,
    );
  });
});
