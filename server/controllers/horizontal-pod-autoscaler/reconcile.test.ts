import { expect, test } from "bun:test";
import type { HorizontalPodAutoscaler, MetricSpec } from "#gen/api/autoscaling/v2.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import { conclude, type Decision, decide, type Observed } from "./reconcile.ts";
import type { PodSample, Reading } from "./samples.ts";

const now = new Date("2026-01-01T01:00:00Z");
const ago = (seconds: number): Date => new Date(now.getTime() - seconds * 1000);

const cpu = (percent: number): MetricSpec => ({
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization: percent } },
});

function autoscaler(
  spec: Partial<HorizontalPodAutoscaler["spec"]>,
  status: Partial<HorizontalPodAutoscaler["status"]> = {},
): HorizontalPodAutoscaler {
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "h", namespace: "n", generation: 1 },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "d" },
      minReplicas: 2,
      maxReplicas: 6,
      metrics: [cpu(30)],
      ...spec,
    },
    status: { desiredReplicas: 0, ...status },
  };
}

type PodShape = "ready" | "unready" | "starting" | "pending" | "failed" | "going";

function pod(name: string, shape: PodShape = "ready", request = "1"): Pod {
  const started = shape === "starting" ? ago(10) : ago(3000);
  const isReady = shape !== "unready" && shape !== "starting";
  const changed = shape === "unready" ? ago(2990) : started;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, ...(shape === "going" ? { deletionTimestamp: "2026-01-01T00:59:59Z" } : {}) },
    spec: { containers: [{ name: "c", resources: { requests: { cpu: request } } }] },
    status: {
      phase: shape === "pending" ? "Pending" : shape === "failed" ? "Failed" : "Running",
      startTime: started.toISOString(),
      conditions: [
        {
          type: "Ready",
          status: isReady ? "True" : "False",
          lastTransitionTime: changed.toISOString(),
        },
      ],
    },
  };
}

const sample = (value: number): PodSample => ({ value, at: ago(5), windowSeconds: 60 });
const usage = (values: readonly number[]): Reading => ({
  of: "pods",
  samples: new Map(values.map((value, index) => [`p${index}`, sample(value)])),
});
const value = (...values: readonly number[]): Reading => ({ of: "values", values });

function seen(
  replicas: number,
  pods: readonly Pod[],
  readings: readonly Reading[],
  history: Observed["history"] = { recommendations: [], ups: [], downs: [] },
): Observed {
  const scale = {
    apiVersion: "autoscaling/v1" as const,
    kind: "Scale" as const,
    metadata: { name: "d" },
    spec: { replicas },
    status: { replicas, selector: "a=b" },
  };
  return { scale, history, selection: { pods }, readings };
}

const readyPods = (count: number): Pod[] =>
  Array.from({ length: count }, (_, index) => pod(`p${index}`));

const said = ({ conditions }: Decision): string[] =>
  conditions.map(({ type, status, reason }) => `${type} ${status} ${reason}`);

test("upstream's first cases: up by utilization, down, and neither within the tolerance", () => {
  const up = decide(autoscaler({}), seen(3, readyPods(3), [usage([300, 500, 700])]), now);
  expect(up.desired).toBe(5);
  expect(up.rescale?.reason).toBe("cpu resource utilization (percentage of request) above target");
  expect(up.metrics).toEqual([
    {
      type: "Resource",
      resource: { name: "cpu", current: { averageUtilization: 50, averageValue: "500m" } },
    },
  ]);
  const down = decide(
    autoscaler({ metrics: [cpu(50)] }),
    seen(5, readyPods(5), [usage([100, 300, 500, 250, 250])]),
    now,
  );
  expect([down.desired, down.rescale?.reason]).toEqual([3, "All metrics below target"]);
  const same = decide(
    autoscaler({ metrics: [cpu(100)] }),
    seen(3, readyPods(3), [usage([1010, 1030, 1020])]),
    now,
  );
  expect(same.rescale).toBeUndefined();
  expect(said(same)).toEqual([
    "AbleToScale True SucceededGetScale",
    "ScalingActive True ValidMetricFound",
    "AbleToScale True ReadyForNewScale",
    "ScalingLimited False DesiredWithinRange",
  ]);
});

test("what there is when an autoscaler is first seen holds back the way down", () => {
  const observed = seen(5, readyPods(5), [usage([10, 10, 10, 10, 10])]);
  const first = decide(autoscaler({}), { ...observed, history: undefined }, now);
  expect(first.desired).toBe(5);
  expect(said(first)).toContain("AbleToScale True ScaleDownStabilized");
});

test("pods that start count as idle when more is needed, and not at all when less is", () => {
  const pods = [pod("p0"), pod("p1"), pod("p2", "starting")];
  const up = decide(autoscaler({}), seen(3, pods, [usage([400, 500, 700])]), now);
  expect(up.desired).toBe(3);
  const never = [pod("p0"), pod("p1"), pod("p2", "pending")];
  const many = decide(autoscaler({}), seen(3, never, [usage([900, 900])]), now);
  expect(many.desired).toBe(6);
  const down = decide(
    autoscaler({ metrics: [cpu(50)], minReplicas: 1 }),
    seen(3, [pod("p0"), pod("p1"), pod("p2", "starting")], [usage([100, 100, 4000])]),
    now,
  );
  expect(down.desired).toBe(1);
});

test("failed pods and those on their way out do not count", () => {
  const pods = [...readyPods(3), pod("p3", "failed"), pod("p4", "going")];
  const all = usage([500, 500, 500, 9000, 9000]);
  expect(decide(autoscaler({}), seen(3, pods, [all]), now).desired).toBe(5);
});

test("pods without metrics dampen in either direction", () => {
  const up = decide(autoscaler({}), seen(4, readyPods(4), [usage([900, 900])]), now);
  expect(up.desired).toBe(6);
  const held = decide(
    autoscaler({ metrics: [cpu(80)] }),
    seen(4, readyPods(4), [usage([100, 900, 950])]),
    now,
  );
  expect(held.desired).toBe(4);
  const down = decide(
    autoscaler({ metrics: [cpu(50)], minReplicas: 1 }),
    seen(5, readyPods(5), [usage([100, 100, 100, 100])]),
    now,
  );
  expect(down.desired).toBe(3);
});

test("a pod that asks for nothing has no utilization", () => {
  const pods = [pod("p0"), { ...pod("p1"), spec: { containers: [{ name: "c" }] } }];
  const failed = decide(autoscaler({}), seen(2, pods, [usage([100, 100])]), now);
  expect(failed.desired).toBeUndefined();
  expect(failed.conditions.at(-1)?.message).toBe(
    "the HPA was unable to compute the replica count: failed to get cpu utilization: missing request for cpu in container c of Pod p1",
  );
});

test("without a metrics API: upstream's sentences, and the status keeps what was wanted", () => {
  const why =
    "unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)";
  const subject = autoscaler({}, { desiredReplicas: 4 });
  const decision = decide(subject, seen(3, readyPods(3), [{ of: "nothing", why }]), now);
  expect(said(decision).at(-1)).toBe("ScalingActive False FailedGetResourceMetric");
  const { effects } = conclude(subject, decision, undefined, now);
  const cause = `failed to get cpu utilization: unable to get metrics for resource cpu: ${why}`;
  expect(
    effects.flatMap((it) => (it.effect === "event" ? [`${it.reason}: ${it.message}`] : [])),
  ).toEqual([
    `FailedGetResourceMetric: ${cause}`,
    `FailedComputeMetricsReplicas: invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: ${cause}`,
  ]);
  const write = effects.find((it) => it.effect === "update");
  expect(write?.object).toMatchObject({
    status: { currentReplicas: 3, desiredReplicas: 4, currentMetrics: [{ type: "" }] },
  });
});

test("of several metrics the greatest counts; with one unknown there is no way down", () => {
  const spec = { metrics: [cpu(30), cpu(10)] };
  const readings = [usage([300, 300, 300]), usage([200, 200, 200])];
  expect(decide(autoscaler(spec), seen(3, readyPods(3), readings), now).desired).toBe(6);
  const unknown: Reading = { of: "nothing", why: "no" };
  const half = [usage([100, 100, 100]), unknown];
  expect(decide(autoscaler(spec), seen(3, readyPods(3), half), now).desired).toBeUndefined();
  const grown = [usage([400, 400, 400]), unknown];
  expect(decide(autoscaler(spec), seen(3, readyPods(3), grown), now).desired).toBe(4);
});

test("pods, object and external metrics", () => {
  const metric = { name: "qps" };
  const pods: MetricSpec = {
    type: "Pods",
    pods: { metric, target: { type: "AverageValue", averageValue: "15" } },
  };
  const of = (spec: MetricSpec, reading: Reading, replicas = 3): Decision =>
    decide(autoscaler({ metrics: [spec] }), seen(replicas, readyPods(replicas), [reading]), now);
  const byPods = of(pods, usage([20_000, 10_000, 30_000]));
  expect([byPods.desired, byPods.metrics]).toEqual([
    4,
    [{ type: "Pods", pods: { metric, current: { averageValue: "20" } } }],
  ]);
  const describedObject = { apiVersion: "apps/v1", kind: "Deployment", name: "some" };
  const target = { type: "Value", value: "15" };
  const object: MetricSpec = { type: "Object", object: { describedObject, metric, target } };
  const byObject = of(object, value(20_000));
  expect([byObject.desired, byObject.rescale?.reason]).toEqual([
    4,
    "Deployment metric qps above target",
  ]);
  const share = { type: "AverageValue", averageValue: "2222m" };
  const external: MetricSpec = { type: "External", external: { metric, target: share } };
  const byExternal = of(external, value(8600));
  expect([byExternal.desired, byExternal.metrics]).toEqual([
    4,
    [{ type: "External", external: { metric, current: { averageValue: "2867m" } } }],
  ]);
  expect(byExternal.rescale?.reason).toBe("external metric qps(nil) above target");
});

test("bounds come before metrics, and a target that was set to none rests", () => {
  const above = decide(autoscaler({ maxReplicas: 3 }), seen(5, [], []), now);
  expect(above.rescale).toEqual({
    from: 5,
    to: 3,
    reason: "Current number of replicas above Spec.MaxReplicas",
  });
  expect(decide(autoscaler({}), seen(1, [], []), now).rescale?.to).toBe(2);
  const rest = decide(autoscaler({}), seen(0, [], []), now);
  expect([rest.desired, said(rest).at(-1)]).toEqual([0, "ScalingActive False ScalingDisabled"]);
});

test("what scaled to none by an external metric wakes again", () => {
  const external: MetricSpec = {
    type: "External",
    external: { metric: { name: "queue" }, target: { type: "AverageValue", averageValue: "10" } },
  };
  const spec = { minReplicas: 0, metrics: [external] };
  const idle = autoscaler(spec);
  const asleep = decide(idle, seen(1, readyPods(1), [value(0)]), now);
  expect(asleep.desired).toBe(0);
  const { effects } = conclude(idle, asleep, undefined, now);
  const write = effects.find((it) => it.effect === "update");
  if (write === undefined) throw new Error("nothing is written");
  // What is updated here is the autoscaler.
  const { status } = write.object as HorizontalPodAutoscaler;
  expect(status.conditions?.find(({ type }) => type === "ScaledToZero")?.status).toBe("True");
  const woken = decide(autoscaler(spec, status), seen(0, [], [value(25_000)]), now);
  expect(woken.desired).toBe(3);
});
