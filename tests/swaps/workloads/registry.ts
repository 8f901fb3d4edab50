/** What controllers are for, one scenario a line. */
import type { Check } from "../swap.ts";
import type { World } from "../world.ts";
import { daemonSet, deployment, statefulSet } from "./apps.ts";
import { cronJob, job } from "./batch.ts";
import { deviceTaints } from "./devices.ts";
import { garbageCollection, namespaceDeletion } from "./lifecycle.ts";
import { endpointsUnderChurn, serviceRange } from "./network.ts";
import { inNamespace, type Scenario } from "./place.ts";
import { accountTokens, autoscaler, certificateSigning, quota } from "./policy.ts";
import { storageMigration, tokenCleaning } from "./upkeep.ts";

const scenarios: Readonly<Record<string, Scenario>> = {
  Deployment: deployment,
  StatefulSet: statefulSet,
  DaemonSet: daemonSet,
  Job: job,
  CronJob: cronJob,
  "HPA object": autoscaler,
  "garbage collection": garbageCollection,
  "namespace deletion": namespaceDeletion,
  "CSR signing": certificateSigning,
  quota,
  "endpoints under churn": endpointsUnderChurn,
  "service account tokens": accountTokens,
  "service range": serviceRange,
  "device taints": deviceTaints,
  "storage version migration": storageMigration,
  "token cleaning": tokenCleaning,
};

/** These wait for a full minute, and for the ten seconds that a range takes to go. */
const slow: readonly string[] = ["CronJob", "service range"];

export interface ControllerChecksOptions {
  /** Goes round again and again until they are over; 0: once. */
  readonly minutes: number;
  readonly short?: boolean;
}

const slugOf = (name: string): string => name.toLowerCase().replaceAll(" ", "-");

/** All at once, each in namespaces of its own. */
export function controllerChecks(world: World, options: ControllerChecksOptions): Check[] {
  const { minutes, short = false } = options;
  const end = performance.now() + minutes * 60_000;
  const wanted = Object.entries(scenarios).filter(([name]) => !(short && slow.includes(name)));
  return wanted.map(([name, scenario]) => ({
    must: `run ${name}`,
    async run() {
      let rounds = 0;
      let said: string;
      do {
        said = await inNamespace(world.client, `${slugOf(name)}-${rounds}`, scenario);
        rounds += 1;
      } while (performance.now() < end);
      return rounds === 1 ? said : `${rounds} rounds: ${said}`;
    },
  }));
}
