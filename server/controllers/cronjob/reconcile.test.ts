import { expect, test } from "bun:test";
import type { Effect } from "#controllers/effects.ts";
import type { CronJob, CronJobStatus, Job } from "#gen/api/batch/v1.ts";
import { reconcile } from "./reconcile.ts";
import { scheduleOf } from "./schedule.ts";

const now = new Date("2026-01-01T00:10:30Z");

const nextOf = (text: string, after: string, zone?: string): string =>
  new Date(scheduleOf(text, zone)(Date.parse(after)) ?? 0).toISOString().slice(0, 16);

test("schedules come round when cron says", () => {
  const after = "2026-01-01T00:10:30Z";
  expect(nextOf("*/5 * * * *", after)).toBe("2026-01-01T00:15");
  expect(nextOf("30 2 * * mon-fri", after)).toBe("2026-01-01T02:30");
  expect(nextOf("0 0 29 2 *", after)).toBe("2028-02-29T00:00");
  expect(nextOf("0 0 13 * 5", after)).toBe("2026-01-02T00:00");
  expect(nextOf("@daily", after)).toBe("2026-01-02T00:00");
  expect(nextOf("@every 1h30m", after)).toBe("2026-01-01T01:40");
  expect(nextOf("0 9 * * *", after, "Asia/Tokyo")).toBe("2026-01-02T00:00");
  expect(nextOf("TZ=Asia/Tokyo 10 9 * * *", "2026-01-01T00:00:00Z")).toBe("2026-01-01T00:10");
  // The hour from two to three does not exist there on that day.
  expect(nextOf("30 3 * * *", "2026-03-29T00:00:00Z", "Europe/Berlin")).toBe("2026-03-29T01:30");
  expect(scheduleOf("0 0 31 2 *")(now.getTime())).toBeUndefined();
});

function cronJob(spec: Partial<CronJob["spec"]> = {}, status: CronJobStatus = {}): CronJob {
  return {
    apiVersion: "batch/v1",
    kind: "CronJob",
    metadata: { name: "c", namespace: "n", uid: "c", creationTimestamp: "2026-01-01T00:09:30Z" },
    spec: {
      schedule: "* * * * *",
      jobTemplate: { metadata: { labels: { a: "b" } }, spec: { template: {} } },
      ...spec,
    },
    status,
  };
}

function job(name: string, end?: "Complete" | "Failed", startTime = "2026-01-01T00:09:00Z"): Job {
  const conditions = end === undefined ? [] : [{ type: end, status: "True" }];
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace: "n", uid: name, creationTimestamp: startTime },
    spec: { template: {} },
    status: {
      conditions,
      startTime,
      ...(end === "Complete" ? { completionTime: "2026-01-01T00:10:00Z" } : {}),
    },
  };
}

const made = (effects: readonly Effect[]) =>
  effects.flatMap((it) => (it.effect === "create" ? [it.object] : []));
const ended = (effects: readonly Effect[]) =>
  effects.flatMap((it) => (it.effect === "delete" ? [it.object.metadata.name] : []));
const said = (effects: readonly Effect[]) =>
  effects.flatMap((it) => (it.effect === "event" ? [it.reason] : []));
function statusIn(effects: readonly Effect[]): CronJobStatus {
  const write = effects.find((it) => it.effect === "update");
  if (write?.effect !== "update") throw new Error("no status is written");
  return (write.object as CronJob).status;
}
const active = [{ kind: "Job", name: "old", uid: "old" }];

test("a time that has come gets its Job, named after it", () => {
  const effects = reconcile(cronJob(), [], now);
  const minutes = Date.parse("2026-01-01T00:10:00Z") / 60_000;
  expect(made(effects)[0]?.metadata).toMatchObject({
    name: `c-${minutes}`,
    labels: { a: "b" },
    ownerReferences: [{ uid: "c" }],
  });
  expect(statusIn(effects).lastScheduleTime).toBe("2026-01-01T00:10:00Z");
  expect(effects.at(-1)).toEqual({ effect: "requeueAfter", seconds: 30.1 });
  const served = cronJob({}, { lastScheduleTime: "2026-01-01T00:10:00Z" });
  expect(made(reconcile(served, [], now))).toEqual([]);
});

test("suspended it does nothing, too late it does nothing either", () => {
  expect(reconcile(cronJob({ suspend: true }), [], now)).toEqual([]);
  expect(made(reconcile(cronJob({ startingDeadlineSeconds: 10 }), [], now))).toEqual([]);
});

test("a Job at work is kept, forbids another, or is replaced", () => {
  const running = job("old");
  const allow = reconcile(cronJob({}, { active }), [running], now);
  expect([made(allow).length, ended(allow)]).toEqual([1, []]);
  const forbid = reconcile(cronJob({ concurrencyPolicy: "Forbid" }, { active }), [running], now);
  expect([made(forbid).length, said(forbid)]).toEqual([0, ["JobAlreadyActive"]]);
  const replace = reconcile(cronJob({ concurrencyPolicy: "Replace" }, { active }), [running], now);
  expect([made(replace).length, ended(replace)]).toEqual([1, ["old"]]);
});

test("finished Jobs leave the list; lost ones are missed; new ones join it", () => {
  const lost = { kind: "Job", name: "lost", uid: "lost" };
  const before = cronJob({ suspend: true }, { active: [...active, lost] });
  const effects = reconcile(before, [job("old", "Complete"), job("new")], now);
  expect(said(effects)).toEqual(["SawCompletedJob", "MissingJob"]);
  expect(statusIn(effects).active?.map(({ name }) => name)).toEqual(["new"]);
  expect(statusIn(effects).lastSuccessfulTime).toBe("2026-01-01T00:10:00Z");
});

test("old finished Jobs go", () => {
  const done = ["1", "2", "3", "4"].map((n) => job(n, "Complete", `2026-01-01T00:0${n}:00Z`));
  const failed = [job("5", "Failed"), job("6", "Failed", "2026-01-01T00:01:00Z")];
  expect(ended(reconcile(cronJob({ suspend: true }), [...done, ...failed], now))).toEqual([
    "1",
    "6",
  ]);
});

test("hundreds of missed times make one Job and a complaint", () => {
  const effects = reconcile(cronJob({}, { lastScheduleTime: "2025-12-01T00:00:00Z" }), [], now);
  expect(made(effects)).toHaveLength(1);
  expect(said(effects)).toContain("TooManyMissedTimes");
  expect(statusIn(effects).lastScheduleTime).toBe("2026-01-01T00:10:00Z");
});
