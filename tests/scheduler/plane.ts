/** A scheduler beside a whole API server in memory, and what tests make there. */
import { afterEach, beforeAll } from "bun:test";
import { componentUser, inProcessClient } from "#cli/in-process-client.ts";
import {
  type Node,
  nodes,
  type Pod,
  type PodSpec,
  pods,
  serviceaccounts,
} from "#gen/api/core/v1.ts";
import { runScheduler, type SchedulerOptions } from "#scheduler/scheduler.ts";
import { buildWasm } from "#scheduler-wasm/build.ts";
import type { Logger } from "#telemetry/log.ts";
import { eventually, openPlane, type Plane } from "#tests/controllers/plane.ts";

type Closers = (() => Promise<void>)[];

/** The module is built for a file's tests; what one of them pushes is closed after it, the last first. */
export function closersOfEach(): Closers {
  const closers: Closers = [];
  beforeAll(async () => {
    await buildWasm();
  }, 120_000);
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });
  return closers;
}

/** What an API server answers, ours or another. */
type Served = Pick<Plane, "client">;

/** An API server in memory, without controllers unless they are asked for. */
export async function openCluster(closers: Closers, controllers = false): Promise<Plane> {
  const plane = await openPlane({ controllers });
  closers.push(() => plane.close());
  if (controllers) {
    await eventually(
      "the service account is there",
      () => plane.client.get(serviceaccounts, "default", "default").catch(() => undefined),
      (account) => account !== undefined,
    );
    return plane;
  }
  // Made by controllers elsewhere; here there are none.
  const metadata = { name: "default", namespace: "default" };
  await plane.client.create(serviceaccounts, "default", { metadata });
  return plane;
}

/** A scheduler under its own rights; what it warned of. */
export function startScheduler(
  plane: Plane,
  closers: Closers,
  options: Partial<SchedulerOptions> = {},
) {
  const warnings: string[] = [];
  const note = (message: string, fields?: object) =>
    warnings.push(`${message} ${JSON.stringify(fields)}`);
  const logger: Logger = { debug() {}, info() {}, warn: note, error: note };
  const client = inProcessClient(
    plane.app,
    componentUser("system:kube-scheduler"),
    "kube-scheduler",
  );
  const stop = new AbortController();
  const running = runScheduler({ client, logger, signal: stop.signal, ...options });
  const close = async () => {
    stop.abort();
    await running;
  };
  closers.push(close);
  return { warnings, close };
}

export async function addNode(
  plane: Served,
  name: string,
  labels: Record<string, string> = {},
): Promise<Node> {
  const allocatable = { cpu: "2", memory: "4Gi", pods: "20" };
  const created = await plane.client.create(nodes, "", {
    metadata: { name, labels },
    spec: {},
    status: {},
  });
  // A new node is tainted until its controller has seen it ready; here nobody looks.
  const target = { namespace: "", name };
  const type = "application/merge-patch+json";
  await plane.client.patch(nodes, target, type, { spec: { taints: null } });
  await plane.client.patch(nodes, { ...target, subresource: "status" }, type, {
    status: { allocatable, capacity: allocatable },
  });
  return created;
}

export function addPod(
  plane: Served,
  name: string,
  spec: Partial<PodSpec> = {},
  labels = {},
): Promise<Pod> {
  return plane.client.create(pods, "default", {
    metadata: { name, namespace: "default", labels },
    spec: {
      containers: [{ name: "c", image: "x", resources: { requests: { cpu: "100m" } } }],
      ...spec,
    },
  });
}

export const nodeOf = async (plane: Plane, name: string) =>
  (await plane.client.get(pods, "default", name)).spec.nodeName ?? "";

export function bound(plane: Plane, name: string): Promise<string> {
  return eventually(
    `${name} is bound`,
    () => nodeOf(plane, name),
    (node) => node !== "",
  );
}

export function scheduledCondition(plane: Plane, name: string) {
  return eventually(
    `${name} is told why not`,
    async () =>
      (await plane.client.get(pods, "default", name)).status?.conditions?.find(
        ({ type }) => type === "PodScheduled",
      ),
    (condition) => condition?.status === "False",
  );
}
