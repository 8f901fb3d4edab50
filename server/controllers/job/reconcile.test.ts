import { expect, test } from "bun:test";
import type { Effect } from "#controllers/effects.ts";
import type { Job, JobStatus } from "#gen/api/batch/v1.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import { formatIndexes, parseIndexes } from "./indexes.ts";
import { reconcile } from "./reconcile.ts";
import { trackingFinalizer } from "./tracking.ts";

const now = new Date("2026-01-01T01:00:00Z");
const owner = { apiVersion: "batch/v1", kind: "Job", name: "j", uid: "job", controller: true };

function job(spec: Partial<Job["spec"]> = {}, status: JobStatus = {}): Job {
  const labels = { "batch.kubernetes.io/controller-uid": "job" };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: "j", namespace: "n", uid: "job" },
    spec: {
      parallelism: 2,
      completions: 3,
      backoffLimit: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c" }] } },
      ...spec,
    },
    status: { startTime: "2026-01-01T00:00:00Z", ...status },
  };
}

interface PodFacts {
  readonly phase?: "Pending" | "Running" | "Failed" | "Succeeded";
  readonly counted?: boolean;
  readonly index?: number;
  readonly conditions?: Pod["status"]["conditions"];
}

function pod(
  name: string,
  { phase = "Running", counted = false, index, conditions }: PodFacts = {},
): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "n",
      uid: name,
      creationTimestamp: "2026-01-01T00:00:00Z",
      labels: { "batch.kubernetes.io/controller-uid": "job" },
      ...(index === undefined
        ? {}
        : { annotations: { "batch.kubernetes.io/job-completion-index": `${index}` } }),
      ownerReferences: [owner],
      ...(counted ? {} : { finalizers: [trackingFinalizer] }),
    },
    spec: { containers: [] },
    status: { phase, conditions: conditions ?? [] },
  };
}

function only<K extends Effect["effect"]>(effects: readonly Effect[], kind: K) {
  return effects.filter((it): it is Extract<Effect, { effect: K }> => it.effect === kind);
}

const made = (effects: readonly Effect[]) =>
  only(effects, "createMany").flatMap((it) => it.objects);
const freed = (effects: readonly Effect[]) =>
  only(effects, "patch").map(({ target }) => target.name);
const ended = (effects: readonly Effect[]) =>
  only(effects, "delete").map(({ object }) => object.metadata.name);
function statusIn(effects: readonly Effect[]): JobStatus {
  const [write] = only(effects, "update");
  if (write === undefined) throw new Error("no status is written");
  return (write.object as Job).status;
}
const conditionsOf = (status: JobStatus) =>
  (status.conditions ?? []).map(({ type, reason }) => `${type} ${reason}`);

test("it makes as many pods as may run at once, and no more than are needed", () => {
  const first = reconcile(job(), [], now);
  expect(made(first)).toHaveLength(2);
  expect(made(first)[0]?.metadata).toMatchObject({
    generateName: "j-",
    finalizers: [trackingFinalizer],
  });
  const late = reconcile(job({}, { succeeded: 2 }), [], now);
  expect(made(late)).toHaveLength(1);
  expect(ended(reconcile(job({ parallelism: 1 }), [pod("a"), pod("b")], now))).toHaveLength(1);
});

test("an end is recorded, then its pod is freed, then it is counted", () => {
  const recorded = reconcile(job(), [pod("a", { phase: "Succeeded" })], now);
  expect(statusIn(recorded).uncountedTerminatedPods).toEqual({ succeeded: ["a"] });
  expect(statusIn(recorded).succeeded).toBe(0);
  expect(freed(recorded)).toEqual(["a"]);
  const before = job({}, { uncountedTerminatedPods: { succeeded: ["a"] } });
  const counted = reconcile(before, [pod("a", { phase: "Succeeded", counted: true })], now);
  expect(statusIn(counted)).toMatchObject({ succeeded: 1, uncountedTerminatedPods: {} });
  expect(made(counted)).toHaveLength(2);
});

test("enough successes complete it, when no pod is left", () => {
  const last = job({}, { succeeded: 3 });
  const going = reconcile(last, [pod("a")], now);
  expect(conditionsOf(statusIn(going))).toEqual(["SuccessCriteriaMet CompletionsReached"]);
  expect(ended(going)).toEqual(["a"]);
  const done = statusIn(reconcile(last, [], now));
  expect(conditionsOf(done)).toEqual([
    "SuccessCriteriaMet CompletionsReached",
    "Complete CompletionsReached",
  ]);
  expect(done.completionTime).toBe("2026-01-01T01:00:00Z");
});

test("too many failures fail it", () => {
  const failures = [pod("a", { phase: "Failed" }), pod("b", { phase: "Failed" })];
  const effects = reconcile(job(), [...failures, pod("c")], now);
  expect(conditionsOf(statusIn(effects))).toEqual(["FailureTarget BackoffLimitExceeded"]);
  expect(ended(effects)).toEqual(["c"]);
  const over = statusIn(reconcile(job({ activeDeadlineSeconds: 60 }), [], now));
  expect(conditionsOf(over)).toContain("Failed DeadlineExceeded");
});

test("after a failure it waits before it tries again", () => {
  const recent = pod("a", { phase: "Failed" });
  recent.metadata.creationTimestamp = "2026-01-01T00:59:55Z";
  const effects = reconcile(job({ backoffLimit: 6 }), [recent], now);
  expect(made(effects)).toEqual([]);
  expect(only(effects, "requeueAfter")).toEqual([{ effect: "requeueAfter", seconds: 5 }]);
});

test("a policy may ignore a failure or end the Job for it", () => {
  const disrupted = {
    phase: "Failed",
    conditions: [{ type: "DisruptionTarget", status: "True" }],
  } as const;
  const pattern = [{ type: "DisruptionTarget", status: "True" }];
  const rule = (action: "Ignore" | "FailJob") => ({
    podFailurePolicy: { rules: [{ action, onPodConditions: pattern }] },
  });
  const conditions = [...disrupted.conditions];
  const failed = pod("a", { phase: "Failed", conditions });
  const ignored = reconcile(job(rule("Ignore")), [failed], now);
  expect(only(ignored, "update")).toEqual([]);
  expect(freed(ignored)).toEqual(["a"]);
  const over = reconcile(job(rule("FailJob")), [failed], now);
  expect(statusIn(over).conditions?.[0]).toMatchObject({
    type: "FailureTarget",
    message: "Pod n/a has condition DisruptionTarget matching FailJob rule at index 0",
  });
});

test("a suspended Job ends its pods; resumed, its time begins anew", () => {
  const effects = reconcile(job({ suspend: true }), [pod("a")], now);
  expect(ended(effects)).toEqual(["a"]);
  expect(conditionsOf(statusIn(effects))).toEqual(["Suspended JobSuspended"]);
  const conditions = [{ type: "Suspended", status: "True", reason: "JobSuspended" }];
  const resumed = reconcile(job({}, { conditions }), [], now);
  expect(statusIn(resumed).startTime).toBe("2026-01-01T01:00:00Z");
  expect(made(resumed)).toHaveLength(2);
});

test("an indexed Job gives each pod an index that is free", () => {
  const claimed = [pod("a", { index: 0 }), pod("b", { phase: "Succeeded", index: 1 })];
  const effects = reconcile(job({ completionMode: "Indexed" }), claimed, now);
  expect(made(effects).map(({ metadata }) => metadata.generateName)).toEqual(["j-2-"]);
  expect(statusIn(effects).completedIndexes).toBe("1");
});

test("a Job that goes keeps no pod", () => {
  const going = job();
  going.metadata.deletionTimestamp = "2026-01-01T00:59:00Z";
  expect(freed(reconcile(going, [pod("a")], now))).toEqual(["a"]);
});

test("indexes are written as ranges", () => {
  expect(formatIndexes([5, 0, 1, 2, 7, 8])).toBe("0-2,5,7-8");
  expect([...parseIndexes("0-2,5")]).toEqual([0, 1, 2, 5]);
});
