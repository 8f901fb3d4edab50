import { describe, expect, test } from "bun:test";
import type { Container, Pod, PodSpec } from "#gen/api/core/v1.ts";
import { containerBackoff, nextBackoff } from "./backoff.ts";
import type { ContainerDetails } from "./cri/runtime.ts";
import type { ContainerMemory } from "./pod-memory.ts";
import type { PodRuntime, PodSandboxState } from "./pod-runtime.ts";
import { type Action, imageAnnotation, syncPod } from "./sync-pod.ts";

const now = 1_000_000;

function podOf(spec: Partial<PodSpec>): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web", namespace: "default", uid: "u1" },
    spec: { containers: [{ name: "c", image: "x:1" }], ...spec },
    status: {},
  };
}

function sandbox(over: Partial<PodSandboxState> = {}): PodSandboxState {
  return {
    id: "s0",
    podUid: "u1",
    podName: "web",
    podNamespace: "default",
    attempt: 0,
    ready: true,
    createdAt: 0,
    ips: ["10.0.0.2"],
    ...over,
  };
}

function container(over: Partial<ContainerDetails>): ContainerDetails {
  return {
    id: "c0",
    sandboxId: "s0",
    podUid: "u1",
    name: "c",
    attempt: 0,
    state: "running",
    createdAt: 0,
    annotations: { [imageAnnotation]: "x:1" },
    startedAt: now - 5000,
    finishedAt: 0,
    exitCode: 0,
    reason: "",
    message: "",
    image: "x:1",
    imageRef: "x:1",
    logPath: "",
    ...over,
  };
}

const ended = (over: Partial<ContainerDetails>): ContainerDetails =>
  container({ state: "exited", finishedAt: now - 1000, ...over });

function shown(action: Action): string {
  switch (action.do) {
    case "start-container":
      return `start ${action.container.name} ${action.attempt}`;
    case "kill-container":
      return `kill ${action.id}`;
    case "create-sandbox":
      return `sandbox ${action.attempt}`;
    case "stop-sandbox":
      return `stop ${action.id}`;
    case "resize-container":
      return `resize ${action.id} ${action.container.resources?.limits?.["cpu"]}`;
    case "finish-pod":
      return "finish";
  }
}

function plan(
  pod: Pod,
  runtime: PodRuntime,
  memory: Readonly<Record<string, ContainerMemory>> = {},
): string[] {
  const input = { pod, runtime, memory: new Map(Object.entries(memory)), now };
  return syncPod(input).actions.map(shown);
}

const nothing: PodRuntime = { sandboxes: [], containers: [] };
const up = (...containers: ContainerDetails[]): PodRuntime => ({
  sandboxes: [sandbox()],
  containers,
});
const init = (name: string, over: Partial<Container> = {}): Container => ({
  name,
  image: "x:1",
  ...over,
});

describe("the sandbox", () => {
  test("comes first, the main containers with it", () => {
    const two = podOf({ containers: [init("a"), init("b")] });
    expect(plan(two, nothing)).toEqual(["sandbox 0", "start a 0", "start b 0"]);
  });

  test("only the first init container starts with it", () => {
    const pod = podOf({ initContainers: [init("i"), init("j")] });
    expect(plan(pod, nothing)).toEqual(["sandbox 0", "start i 0"]);
  });

  test("that is down is replaced, and what ran in it starts again", () => {
    const down = { sandboxes: [sandbox({ ready: false })], containers: [container({})] };
    expect(plan(podOf({}), down)).toEqual(["stop s0", "sandbox 1", "start c 1"]);
  });

  test("without an address is replaced, unless the pod is on the host's network", () => {
    const bare = { sandboxes: [sandbox({ ips: [] })], containers: [] };
    expect(plan(podOf({}), bare)).toEqual(["stop s0", "sandbox 1", "start c 0"]);
    expect(plan(podOf({ hostNetwork: true }), bare)).toEqual(["start c 0"]);
  });

  test("is not made again for a pod that is done", () => {
    const down = { sandboxes: [sandbox({ ready: false })], containers: [ended({})] };
    expect(plan(podOf({ restartPolicy: "OnFailure" }), down)).toEqual(["finish"]);
    expect(plan(podOf({ restartPolicy: "Never" }), down)).toEqual(["finish"]);
  });

  test("once lost, init containers run again before the main ones", () => {
    const pod = podOf({ initContainers: [init("i")] });
    const containers = [container({}), ended({ id: "i0", name: "i" })];
    const lost = { sandboxes: [sandbox({ ready: false })], containers };
    expect(plan(pod, lost)).toEqual(["stop s0", "sandbox 1", "start i 1"]);
    const again = {
      sandboxes: [sandbox({ id: "s1", attempt: 1, createdAt: 1 }), sandbox({ ready: false })],
      containers: [ended({ id: "i1", name: "i", sandboxId: "s1", attempt: 1 }), ...containers],
    };
    expect(plan(pod, again)).toEqual(["start c 1"]);
  });
});

describe("init containers", () => {
  const pod = podOf({ initContainers: [init("i"), init("j")] });

  test("run one after the other", () => {
    expect(plan(pod, up(container({ id: "i0", name: "i" })))).toEqual([]);
    expect(plan(pod, up(ended({ id: "i0", name: "i" })))).toEqual(["start j 0"]);
    const both = [ended({ id: "j0", name: "j" }), ended({ id: "i0", name: "i" })];
    expect(plan(pod, up(...both))).toEqual(["start c 0"]);
  });

  test("that fail are tried again, or fail the pod that never restarts", () => {
    const failed = up(ended({ id: "i0", name: "i", exitCode: 1 }));
    expect(plan(pod, failed)).toEqual(["start i 1"]);
    const never = { ...pod, spec: { ...pod.spec, restartPolicy: "Never" as const } };
    expect(plan(never, failed)).toEqual(["finish"]);
  });

  test("do not run again beside main containers", () => {
    const containers = [ended({ exitCode: 1 }), ended({ id: "i0", name: "i", exitCode: 1 })];
    expect(plan(pod, up(...containers))).toEqual(["start c 1"]);
  });
});

describe("sidecars", () => {
  const startupProbe = { tcpSocket: { port: 80 } };
  const pod = podOf({ initContainers: [init("s", { restartPolicy: "Always", startupProbe })] });
  const running = container({ id: "s-0", name: "s" });

  test("hold the main containers until they have started", () => {
    expect(plan(pod, up(running))).toEqual([]);
    expect(plan(pod, up(running), { s: { startupPassed: "s-0" } })).toEqual(["start c 0"]);
    expect(plan(pod, up(running), { s: { startupPassed: "another" } })).toEqual([]);
  });

  test("that end start again beside the main containers", () => {
    const containers = [container({}), ended({ id: "s-0", name: "s" })];
    expect(plan(pod, up(...containers))).toEqual(["start s 1"]);
  });

  test("do not keep a job alive", () => {
    const job = { ...pod, spec: { ...pod.spec, restartPolicy: "Never" as const } };
    expect(plan(job, up(ended({}), running), { s: { startupPassed: "s-0" } })).toEqual(["finish"]);
  });
});

describe("restarts", () => {
  test.each([
    ["Always", 0, ["start c 1"]],
    ["Always", 1, ["start c 1"]],
    ["OnFailure", 0, ["finish"]],
    ["OnFailure", 1, ["start c 1"]],
    ["Never", 0, ["finish"]],
    ["Never", 1, ["finish"]],
  ] as const)("%s after exit code %d", (restartPolicy, exitCode, expected) => {
    expect(plan(podOf({ restartPolicy }), up(ended({ exitCode })))).toEqual([...expected]);
  });

  test("by a rule of the container beat the pod's policy", () => {
    const rule = { action: "Restart", exitCodes: { operator: "In", values: [42] } };
    const containers = [init("c", { restartPolicy: "Never", restartPolicyRules: [rule] })];
    const pod = podOf({ restartPolicy: "Never", containers });
    expect(plan(pod, up(ended({ exitCode: 42 })))).toEqual(["start c 1"]);
    expect(plan(pod, up(ended({ exitCode: 41 })))).toEqual(["finish"]);
  });

  test("wait for the back-off, and say so", () => {
    const backoff = nextBackoff(undefined, now - 1500, containerBackoff);
    const memory = new Map([["c", { backoff }]]);
    const input = { pod: podOf({}), runtime: up(ended({ exitCode: 1 })), memory, now };
    const held = syncPod(input);
    expect(held.actions).toEqual([]);
    expect(held.wakeAt).toBe(now - 1000 + 10_000);
    expect(held.waiting.get("c")).toEqual({
      reason: "CrashLoopBackOff",
      message: "back-off 10s restarting failed container=c pod=web_default(u1)",
    });
    expect(syncPod({ ...input, now: now + 9001 }).actions.map(shown)).toEqual(["start c 1"]);
  });

  test("use the attempt of a container that was made and never started", () => {
    const made = container({ id: "c2", attempt: 2, state: "created" });
    const [action] = syncPod({ pod: podOf({}), runtime: up(made), memory: new Map(), now }).actions;
    expect(action).toMatchObject({ do: "start-container", attempt: 2, replaces: "c2" });
  });
});

describe("killing", () => {
  test("what failed its liveness probe, and only that incarnation", () => {
    const failedProbe = { containerId: "c0", probe: "liveness" as const, graceSeconds: undefined };
    expect(plan(podOf({}), up(container({})), { c: { failedProbe } })).toEqual(["kill c0"]);
    expect(plan(podOf({}), up(container({ id: "c1" })), { c: { failedProbe } })).toEqual([]);
  });

  test("what runs another image than the pod names", () => {
    const pod = podOf({ containers: [init("c", { image: "x:2" })] });
    expect(plan(pod, up(container({})))).toEqual(["kill c0"]);
  });
});

test("a failed start holds its container until its time, and no other", () => {
  const pod = podOf({ containers: [init("a"), init("b")] });
  const waiting = { reason: "ErrImagePull", message: "no", retryAt: now + 1 };
  expect(plan(pod, up(), { a: { waiting } })).toEqual(["start b 0"]);
  expect(plan(pod, up(), { a: { waiting: { ...waiting, retryAt: now } } })).toEqual([
    "start a 0",
    "start b 0",
  ]);
});

test("ephemeral containers start once", () => {
  const pod = podOf({ ephemeralContainers: [{ name: "debug", image: "x:1" }] });
  expect(plan(pod, up(container({})))).toEqual(["start debug 0"]);
  const done = ended({ id: "d0", name: "debug", exitCode: 1 });
  expect(plan(pod, up(container({}), done))).toEqual([]);
});

describe("a resize that the node agreed to", () => {
  const resizes = (restartPolicy: string) =>
    podOf({
      containers: [
        {
          ...init("c"),
          resources: { limits: { cpu: "2" } },
          resizePolicy: [{ resourceName: "cpu", restartPolicy }],
        },
      ],
    });
  const applied = { containerId: "c0", resources: { limits: { cpu: "1" } } };
  test("is made while the container runs", () => {
    expect(plan(resizes("NotRequired"), up(container({})), { c: { applied } })).toEqual([
      "resize c0 2",
    ]);
    const done = { containerId: "c0", resources: { limits: { cpu: "2000m" } } };
    expect(plan(resizes("NotRequired"), up(container({})), { c: { applied: done } })).toEqual([]);
  });
  test("restarts the container where its policy says so, at once, even after a good end", () => {
    const pod = { ...resizes("RestartContainer") };
    pod.spec = { ...pod.spec, restartPolicy: "OnFailure" };
    expect(plan(pod, up(container({})), { c: { applied } })).toEqual(["kill c0"]);
    const stopped = up(ended({ exitCode: 0 }));
    expect(plan(pod, stopped, { c: { applied, stoppedForResize: "c0" } })).toEqual(["start c 1"]);
    expect(plan(pod, stopped, { c: { applied } })).toEqual(["finish"]);
  });
});
