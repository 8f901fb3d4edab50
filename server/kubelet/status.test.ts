import { describe, expect, test } from "bun:test";
import type { Pod, PodSpec, PodStatus } from "#gen/api/core/v1.ts";
import type { ContainerDetails } from "./cri/runtime.ts";
import type { ContainerMemory } from "./pod-memory.ts";
import type { PodRuntime } from "./pod-runtime.ts";
import { podStatus, type StatusInput, statusIsNews } from "./status.ts";

const now = Date.parse("2026-01-01T00:01:00Z");
const begun = Date.parse("2026-01-01T00:00:30Z");

function podOf(spec: Partial<PodSpec>, status: PodStatus = {}, deleted = false): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: "web",
      namespace: "default",
      uid: "u1",
      generation: 3,
      ...(deleted ? { deletionTimestamp: "2026-01-01T00:00:50Z" } : {}),
    },
    spec: { containers: [{ name: "c", image: "x:1" }], ...spec },
    status,
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
    createdAt: begun,
    annotations: {},
    startedAt: begun,
    finishedAt: 0,
    exitCode: 0,
    reason: "",
    message: "",
    image: "x:1",
    imageRef: "sha256:1",
    logPath: "",
    ...over,
  };
}

const ended = (over: Partial<ContainerDetails>): ContainerDetails =>
  container({ state: "exited", finishedAt: begun + 5000, ...over });

function up(...containers: ContainerDetails[]): PodRuntime {
  const sandbox = {
    id: "s0",
    podUid: "u1",
    podName: "web",
    podNamespace: "default",
    attempt: 0,
    ready: true,
    createdAt: begun,
    ips: ["10.0.0.2"],
  };
  return { sandboxes: [sandbox], containers };
}

function statusOf(
  pod: Pod,
  runtime: PodRuntime,
  over: Partial<Omit<StatusInput, "memory">> & {
    memory?: Readonly<Record<string, ContainerMemory>>;
  } = {},
): PodStatus {
  return podStatus({
    pod,
    runtime,
    waiting: new Map(),
    hostIps: ["192.0.2.1"],
    now,
    runtimeName: "containerd",
    verdict: undefined,
    terminal: false,
    ...over,
    memory: new Map(Object.entries(over.memory ?? {})),
  });
}

const condition = (status: PodStatus, type: string): string => {
  const found = status.conditions?.find((one) => one.type === type);
  return [found?.status, found?.reason].filter((word) => word !== undefined).join(" ");
};

describe("phase", () => {
  const cases: readonly (readonly [
    string,
    Partial<PodSpec>,
    readonly ContainerDetails[],
    string,
  ])[] = [
    ["nothing yet", {}, [], "Pending"],
    ["running", {}, [container({})], "Running"],
    ["crashed and to be restarted", {}, [ended({ exitCode: 1 })], "Running"],
    ["done", { restartPolicy: "OnFailure" }, [ended({})], "Succeeded"],
    [
      "failed and to be restarted",
      { restartPolicy: "OnFailure" },
      [ended({ exitCode: 1 })],
      "Running",
    ],
    ["failed for good", { restartPolicy: "Never" }, [ended({ exitCode: 1 })], "Failed"],
    ["one of two runs", { containers: [{ name: "c" }, { name: "d" }] }, [container({})], "Pending"],
    [
      "init container runs",
      { initContainers: [{ name: "i" }] },
      [container({ id: "i0", name: "i" })],
      "Pending",
    ],
    [
      "init container failed for good",
      { initContainers: [{ name: "i" }], restartPolicy: "Never" },
      [ended({ id: "i0", name: "i", exitCode: 1 })],
      "Failed",
    ],
  ];
  test.each(cases)("%s", (_name, spec, containers, phase) => {
    expect(statusOf(podOf(spec), up(...containers)).phase).toBe(phase as "Running");
  });

  test("a deleted pod that was killed has failed, one that ended well has not", () => {
    const killed = statusOf(podOf({}, {}, true), up(ended({ exitCode: 137 })), { terminal: true });
    expect(killed.phase).toBe("Failed");
    expect(statusOf(podOf({}, {}, true), up(ended({})), { terminal: true }).phase).toBe(
      "Succeeded",
    );
  });

  test("is never taken back once terminal", () => {
    expect(statusOf(podOf({}, { phase: "Failed" }), up(container({}))).phase).toBe("Failed");
  });
});

describe("conditions", () => {
  test("a running pod without probes is ready", () => {
    const status = statusOf(podOf({}), up(container({})));
    expect(condition(status, "Ready")).toBe("True");
    expect(condition(status, "ContainersReady")).toBe("True");
    expect(condition(status, "Initialized")).toBe("True");
    expect(condition(status, "PodReadyToStartContainers")).toBe("True");
    expect(status.conditions?.every(({ observedGeneration }) => observedGeneration === 3)).toBe(
      true,
    );
  });

  test("a readiness probe has to have passed for this incarnation", () => {
    const containers = [{ name: "c", readinessProbe: { tcpSocket: { port: 80 } } }];
    const pod = podOf({ containers });
    expect(condition(statusOf(pod, up(container({}))), "Ready")).toBe("False ContainersNotReady");
    const memory = { c: { ready: "c0" } };
    expect(condition(statusOf(pod, up(container({})), { memory }), "Ready")).toBe("True");
    const restarted = up(container({ id: "c1", attempt: 1 }));
    expect(condition(statusOf(pod, restarted, { memory }), "Ready")).toBe(
      "False ContainersNotReady",
    );
  });

  test("a readiness gate holds Ready and leaves ContainersReady", () => {
    const pod = podOf({ readinessGates: [{ conditionType: "example.com/ok" }] });
    const status = statusOf(pod, up(container({})));
    expect(condition(status, "Ready")).toBe("False ReadinessGatesNotReady");
    expect(condition(status, "ContainersReady")).toBe("True");
    const conditions = [{ type: "example.com/ok", status: "True" }];
    const open = statusOf(podOf(pod.spec, { conditions }), up(container({})));
    expect(condition(open, "Ready")).toBe("True");
    expect(condition(open, "example.com/ok")).toBe("True");
  });

  test("the transition time stays while the status stays", () => {
    const lastTransitionTime = "2026-01-01T00:00:00Z";
    const conditions = [{ type: "Ready", status: "True", lastTransitionTime }];
    const same = statusOf(podOf({}, { conditions }), up(container({})));
    expect(same.conditions?.find(({ type }) => type === "Ready")?.lastTransitionTime).toBe(
      lastTransitionTime,
    );
    const other = statusOf(podOf({}, { conditions }), up());
    expect(other.conditions?.find(({ type }) => type === "Ready")?.lastTransitionTime).toBe(
      "2026-01-01T00:01:00Z",
    );
  });

  test("a finished pod is initialized and not ready because it completed", () => {
    const status = statusOf(podOf({ restartPolicy: "Never" }), up(ended({})));
    expect(condition(status, "Ready")).toBe("False PodCompleted");
    expect(condition(status, "Initialized")).toBe("True PodCompleted");
  });
});

describe("container statuses", () => {
  test("wait in upstream's words", () => {
    const plain = statusOf(podOf({}), up());
    expect(plain.containerStatuses?.[0]?.state).toEqual({
      waiting: { reason: "ContainerCreating" },
    });
    const pod = podOf({ initContainers: [{ name: "i" }] });
    const withInit = statusOf(pod, up(container({ id: "i0", name: "i" })));
    expect(withInit.containerStatuses?.[0]?.state).toEqual({
      waiting: { reason: "PodInitializing" },
    });
    expect(withInit.initContainerStatuses?.[0]).toMatchObject({ ready: false, started: false });
  });

  test("tell the crash before, and the back-off now", () => {
    const waiting = new Map([["c", { reason: "CrashLoopBackOff", message: "back-off" }]]);
    const status = statusOf(podOf({}), up(ended({ id: "c1", attempt: 1, exitCode: 3 })), {
      waiting,
    });
    expect(status.containerStatuses?.[0]).toMatchObject({
      state: { waiting: { reason: "CrashLoopBackOff", message: "back-off" } },
      lastState: { terminated: { exitCode: 3, reason: "Error", containerID: "containerd://c1" } },
      restartCount: 1,
      ready: false,
    });
  });

  test("tell the end before of what runs again", () => {
    const containers = [
      container({ id: "c1", attempt: 1 }),
      ended({ reason: "OOMKilled", exitCode: 137 }),
    ];
    expect(statusOf(podOf({}), up(...containers)).containerStatuses?.[0]).toMatchObject({
      state: { running: { startedAt: "2026-01-01T00:00:30Z" } },
      lastState: { terminated: { reason: "OOMKilled", exitCode: 137 } },
      restartCount: 1,
    });
  });

  test("of a container that vanished say that nobody knows", () => {
    const old = statusOf(podOf({}), up(container({})));
    const gone = statusOf(
      podOf({}, old, true),
      { sandboxes: [], containers: [] },
      { terminal: true },
    );
    expect(gone.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      exitCode: 137,
      reason: "ContainerStatusUnknown",
    });
    expect(gone.podIP).toBe("10.0.0.2");
  });

  test("are left out of a pod that the node refused", () => {
    const verdict = { reason: "OutOfcpu", message: "no room" };
    const status = statusOf(
      podOf({}),
      { sandboxes: [], containers: [] },
      { verdict, terminal: true },
    );
    expect(status).toMatchObject({ phase: "Failed", reason: "OutOfcpu", message: "no room" });
    expect(status.containerStatuses).toBeUndefined();
  });
});

test("the same status again is no news", () => {
  const first = statusOf(podOf({}), up(container({})));
  expect(statusIsNews({}, first)).toBe(true);
  const again = statusOf(podOf({}, first), up(container({})), { now: now + 60_000 });
  expect(statusIsNews(first, again)).toBe(false);
});
