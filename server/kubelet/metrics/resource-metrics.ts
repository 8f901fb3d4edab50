/** `/metrics/resource`: what metrics-server scrapes, in upstream's names. Pure. */
import type { Pod } from "#gen/api/core/v1.ts";
import type { ContainerUsage } from "#kubelet/cri/runtime.ts";
import type { PodUsage, Usage } from "./usage.ts";

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** Milliseconds; undefined: now. */
  readonly time?: number | undefined;
}

function family(
  name: string,
  type: "counter" | "gauge",
  help: string,
  samples: readonly Sample[],
): string {
  const lines = samples.map(({ labels, value, time }) => {
    const inner = Object.entries(labels).map(([key, text]) => `${key}=${JSON.stringify(text)}`);
    const braces = inner.length === 0 ? "" : `{${inner.join(",")}}`;
    return `${name}${braces} ${value}${time === undefined ? "" : ` ${Math.round(time)}`}\n`;
  });
  if (lines.length === 0) return "";
  return `# HELP ${name} [STABLE] ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

const ofPod = ({ metadata }: Pod) => ({
  namespace: metadata.namespace ?? "",
  pod: metadata.name,
});

function perContainer(pods: readonly PodUsage[], value: (one: ContainerUsage) => number): Sample[] {
  return pods.flatMap(({ pod, containers }) =>
    containers.map((one) => ({
      labels: { container: one.name, ...ofPod(pod) },
      value: value(one),
      time: one.time,
    })),
  );
}

function perPod(pods: readonly PodUsage[], value: (one: ContainerUsage) => number): Sample[] {
  return pods
    .filter(({ containers }) => containers.length > 0)
    .map(({ pod, containers }) => ({
      labels: ofPod(pod),
      value: containers.reduce((sum, one) => sum + value(one), 0),
      time: Math.max(...containers.map(({ time }) => time)),
    }));
}

const cpu = ({ cpuNanoseconds }: ContainerUsage): number => cpuNanoseconds / 1e9;
const memory = ({ memoryBytes }: ContainerUsage): number => memoryBytes;
const inSeconds = "Cumulative cpu time consumed by the";
const workingSet = "Current working set of the";

export function resourceMetrics({ node, pods }: Usage): string {
  const started = perContainer(pods, ({ startedAt }) => startedAt / 1000).map(
    ({ time: _, ...sample }) => sample,
  );
  const { time } = node;
  return [
    family(
      "container_cpu_usage_seconds_total",
      "counter",
      `${inSeconds} container in core-seconds`,
      perContainer(pods, cpu),
    ),
    family(
      "container_memory_working_set_bytes",
      "gauge",
      `${workingSet} container in bytes`,
      perContainer(pods, memory),
    ),
    family(
      "container_start_time_seconds",
      "gauge",
      "Start time of the container since unix epoch in seconds",
      started,
    ),
    family("node_cpu_usage_seconds_total", "counter", `${inSeconds} node in core-seconds`, [
      { labels: {}, value: node.cpuSeconds, time },
    ]),
    family("node_memory_working_set_bytes", "gauge", `${workingSet} node in bytes`, [
      { labels: {}, value: node.memoryBytes, time },
    ]),
    family(
      "pod_cpu_usage_seconds_total",
      "counter",
      `${inSeconds} pod in core-seconds`,
      perPod(pods, cpu),
    ),
    family(
      "pod_memory_working_set_bytes",
      "gauge",
      `${workingSet} pod in bytes`,
      perPod(pods, memory),
    ),
    family("resource_scrape_error", "gauge", "1 if there was an error while getting metrics", [
      { labels: {}, value: 0 },
    ]),
  ].join("");
}
