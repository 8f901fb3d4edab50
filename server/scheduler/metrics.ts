/** What the scheduler counts, under upstream's names. */
import { MetricRegistry } from "#telemetry/metrics.ts";

const seconds = Array.from({ length: 15 }, (_, index) => 0.001 * 2 ** index);
const fewPods = [1, 2, 4, 8, 16, 32, 64];

interface Watched {
  /** Pods by part of the queue. */
  pending(): Readonly<Record<"active" | "backoff" | "unschedulable" | "gated", number>>;
  nodes(): number;
  pods(): number;
  assumed(): number;
}

export type SchedulerMetrics = ReturnType<typeof schedulerMetrics>;

export function schedulerMetrics(registry = new MetricRegistry()) {
  return {
    attempts: registry.counter(
      "scheduler_schedule_attempts_total",
      "Number of attempts to schedule pods, by the result. 'unschedulable' means a pod could not be scheduled, while 'error' means an internal scheduler problem.",
    ),
    attemptDuration: registry.histogram(
      "scheduler_scheduling_attempt_duration_seconds",
      "Scheduling attempt latency in seconds (scheduling algorithm + binding)",
      seconds,
    ),
    algorithmDuration: registry.histogram(
      "scheduler_scheduling_algorithm_duration_seconds",
      "Scheduling algorithm latency in seconds",
      seconds,
    ),
    podAttempts: registry.histogram(
      "scheduler_pod_scheduling_attempts",
      "Number of attempts to successfully schedule a pod.",
      [1, 2, 4, 8, 16],
    ),
    incoming: registry.counter(
      "scheduler_queue_incoming_pods_total",
      "Number of pods added to scheduling queues by event and queue type.",
    ),
    permitWait: registry.histogram(
      "scheduler_permit_wait_duration_seconds",
      "Duration of waiting on permit.",
      seconds,
    ),
    preemptions: registry.counter(
      "scheduler_preemption_attempts_total",
      "Total preemption attempts in the cluster till now",
    ),
    victims: registry.histogram(
      "scheduler_preemption_victims",
      "Number of selected preemption victims",
      fewPods,
    ),
    /** Of the scheduler that leads now. */
    watch({ pending, nodes, pods, assumed }: Watched): void {
      registry.gauge("scheduler_pending_pods", "Number of pending pods, by the queue type.", () =>
        Object.entries(pending()).map(([queue, count]) => [{ queue }, count] as const),
      );
      registry.gauge(
        "scheduler_cache_size",
        "Number of nodes, pods, and assumed (bound) pods in the scheduler cache.",
        () => [
          [{ type: "nodes" }, nodes()],
          [{ type: "pods" }, pods()],
          [{ type: "assumed_pods" }, assumed()],
        ],
      );
    },
    text: () => registry.text(),
  };
}
