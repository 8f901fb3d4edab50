import { expect, test } from "bun:test";
import type { Effect } from "#controllers/effects.ts";
import type { Job, JobStatus, PodFailurePolicyRule } from "#gen/api/batch/v1.ts";
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
  readonly annotations?: Readonly<Record<string, string>>;
  readonly exitCode?: number;
  readonly going?: boolean;
}

function pod(
  name: string,
  { phase = "Running", counted = false, index, conditions, ...rest }: PodFacts = {},
): Pod {
  const terminated = { exitCode: rest.exitCode ?? 0 };
  const container = { name: "c", image: "", imageID: "", ready: false, restartCount: 0 };
  const indexed = { "batch.kubernetes.io/job-completion-index": `${index}`, ...rest.annotations };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "n",
      uid: name,
      creationTimestamp: "2026-01-01T00:00:00Z",
      labels: { "batch.kubernetes.io/controller-uid": "job" },
      ...(index === undefined ? {} : { annotations: indexed }),
      ...(rest.going === true ? { deletionTimestamp: "2026-01-01T00:59:00Z" } : {}),
      ownerReferences: [owner],
      ...(counted ? {} : { finalizers: [trackingFinalizer] }),
    },
    spec: { containers: [] },
    status: {
      phase,
      conditions: conditions ?? [],
      ...(rest.exitCode === undefined
        ? {}
        : { containerStatuses: [{ ...container, state: { terminated } }] }),
    },
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

const failures = "batch.kubernetes.io/job-index-failure-count";
const byIndex = (spec: Partial<Job["spec"]> = {}) =>
  job({ completionMode: "Indexed", backoffLimit: 100, backoffLimitPerIndex: 1, ...spec });

test("each index fails for itself, and its pods count on", () => {
  const once = pod("a", { phase: "Failed", index: 0, annotations: { [failures]: "0" } });
  const again = reconcile(byIndex(), [once, pod("b", { index: 1 })], now);
  expect(made(again).map(({ metadata }) => metadata.annotations?.[failures])).toEqual(["1"]);
  expect(freed(again)).toEqual([]);
  const next = pod("c", { index: 0, annotations: { [failures]: "1" } });
  expect(freed(reconcile(byIndex(), [once, next], now))).toEqual(["a"]);
  const twice = pod("c", { phase: "Failed", index: 0, annotations: { [failures]: "1" } });
  const over = reconcile(byIndex(), [twice, pod("b", { index: 1 })], now);
  expect(statusIn(over).failedIndexes).toBe("0");
  expect(made(over).map(({ metadata }) => metadata.generateName)).toEqual(["j-2-"]);
});

test("an index that failed a moment ago waits, the others do not", () => {
  const recent = pod("a", { phase: "Failed", index: 0, annotations: { [failures]: "0" } });
  recent.metadata.creationTimestamp = "2026-01-01T00:59:55Z";
  const effects = reconcile(byIndex(), [recent], now);
  expect(made(effects).map(({ metadata }) => metadata.generateName)).toEqual(["j-1-", "j-2-"]);
  expect(only(effects, "requeueAfter")).toEqual([{ effect: "requeueAfter", seconds: 5 }]);
});

test("failed indexes end the Job when too many, or when no other is left", () => {
  const reasonsOf = (spec: Partial<Job["spec"]>, status: JobStatus) =>
    conditionsOf(statusIn(reconcile({ ...byIndex(spec), status }, [], now)));
  expect(reasonsOf({ maxFailedIndexes: 0 }, { failedIndexes: "1" })).toContain(
    "Failed MaxFailedIndexesExceeded",
  );
  const all = { failedIndexes: "1", completedIndexes: "0,2" };
  expect(reasonsOf({}, all)).toContain("Failed FailedIndexes");
});

test("a rule may give an index up at once", () => {
  const onExitCodes = { operator: "In" as const, values: [42] };
  const rules: PodFailurePolicyRule[] = [{ action: "FailIndex", onExitCodes }];
  const lost = pod("a", { phase: "Failed", index: 0, exitCode: 42 });
  const effects = reconcile(byIndex({ podFailurePolicy: { rules } }), [lost], now);
  expect(statusIn(effects).failedIndexes).toBe("0");
  expect(freed(effects)).toEqual(["a"]);
});

test("enough of the right indexes are a success; what still runs is not counted", () => {
  const rules = [{ succeededIndexes: "0-1", succeededCount: 1 }];
  const asked = job({ completionMode: "Indexed", successPolicy: { rules } });
  const won = pod("a", { phase: "Succeeded", index: 1 });
  const effects = reconcile(asked, [won, pod("b", { index: 2 })], now);
  expect(statusIn(effects).conditions?.[0]).toMatchObject({
    type: "SuccessCriteriaMet",
    reason: "SuccessPolicy",
    message: "Matched rules at index 0",
  });
  expect(statusIn(effects).uncountedTerminatedPods).toEqual({ succeeded: ["a"] });
  expect(freed(effects)).toEqual(["a", "b"]);
  expect(ended(effects)).toEqual(["b"]);
});

test("a pod that is told to go has failed, unless only failed ones are replaced", () => {
  const going = [pod("a", { going: true })];
  expect(statusIn(reconcile(job(), going, now)).uncountedTerminatedPods?.failed).toEqual(["a"]);
  const waits = reconcile(job({ podReplacementPolicy: "Failed", parallelism: 1 }), going, now);
  expect(statusIn(waits).uncountedTerminatedPods).toEqual({});
  expect(made(waits)).toEqual([]);
});

test("restarts in place count against the limit", () => {
  const containers = [{ name: "c" }];
  const template = { spec: { containers, restartPolicy: "OnFailure" } } as const;
  const again = pod("a", { exitCode: 1 });
  for (const status of again.status.containerStatuses ?? []) status.restartCount = 1;
  expect(conditionsOf(statusIn(reconcile(job({ template }), [again], now)))).toEqual([
    "FailureTarget BackoffLimitExceeded",
  ]);
});

test("a Job that goes keeps no pod", () => {
  const going = job();
  going.metadata.deletionTimestamp = "2026-01-01T00:59:00Z";
  expect(freed(reconcile(going, [pod("a")], now))).toEqual(["a"]);
});

test("indexes are written as ranges", () => {
  expect(formatIndexes([5, 0, 1, 2, 7, 8])).toBe("0-2,5,7,8");
  expect([...parseIndexes("0-2,5")]).toEqual([0, 1, 2, 5]);
});
