/** Controllers change sides. */
import { join } from "node:path";
import process from "node:process";
import { type Allowed, allowedOfControllers, logCheck } from "./complaints.ts";
import type { Check, Swap } from "./swap.ts";
import { controllerChecks } from "./workloads/registry.ts";
import { notBuilt, openOurWorld, openStockWorld, type StockWorld } from "./world.ts";

const nodeCount = 3;

export const stockControllers = (minutes: number): Swap => ({
  side: "on our API server",
  part: "stock kube-controller-manager",
  missing: async () => notBuilt("kube-controller-manager"),
  async open() {
    const world = await openOurWorld({ nodes: nodeCount, stockControllers: true });
    const log = logCheck(world, "kube-controller-manager", allowedOfControllers);
    return { stages: [controllerChecks(world, { minutes }), [log]], close: world.close };
  },
});

export function startOurControllers({ server, kubeconfig, processes }: StockWorld): void {
  const { authority, authorityKey, serviceAccountKey } = server.pki;
  const program = join(import.meta.dirname, "controllers-main.ts");
  processes.start("our-controllers", process.execPath, [
    ...[program, kubeconfig, authority, authorityKey, serviceAccountKey],
  ]);
}

/** Lines of ours that say nothing bad of ours; losing a race is a debug line. */
const allowedOfOurs: readonly Allowed[] = [
  {
    what: /binding refused .* is being deleted, cannot be assigned to a host/,
    why: "a pod ended between decision and binding",
  },
  { what: /leadership lost lease=/, why: "a Lease that a busy machine renewed too late" },
  { what: /is forbidden: exceeded quota: few/, why: "pods beyond the scenario's quota" },
  {
    what: /unable to create new content in namespace .* because it is being terminated/,
    why: "work in a namespace that a scenario is ending",
  },
];

const ourComplaint = /^[\d:.]+ (WARN|ERROR|FATAL) /;

export function ourLogCheck(world: StockWorld, name: string): Check {
  return logCheck(world, name, allowedOfOurs, ourComplaint);
}

export const ourControllers = (minutes: number): Swap => ({
  side: "on a stock API server",
  part: "our controllers",
  missing: async () => notBuilt("etcd", "kube-apiserver", "fakenode", "kube-scheduler"),
  async open() {
    const world = await openStockWorld(nodeCount, { scheduler: true });
    startOurControllers(world);
    const checks = controllerChecks(world, { minutes });
    const log = ourLogCheck(world, "our-controllers");
    return { stages: [checks, [log]], close: world.close };
  },
});
