/** A stock component's log, read whole: every error in it must be one that stands here with its reason. */
import assert from "node:assert/strict";
import type { Check } from "./swap.ts";
import type { World } from "./world.ts";

export interface Allowed {
  readonly what: RegExp;
  /** Why it says nothing about the API server. */
  readonly why: string;
}

/** klog's errors and worse, and what Go says when it dies. */
const complaintOfGo = /^[EF]\d{4} |^panic: |^fatal error: |DATA RACE/;

export interface Complaints {
  /** By reason. */
  readonly explained: ReadonlyMap<string, number>;
  readonly unexplained: readonly string[];
  readonly lines: number;
}

export function complaintsOf(
  log: string,
  allowed: readonly Allowed[],
  complaint = complaintOfGo,
): Complaints {
  const lines = log.split("\n").filter(Boolean);
  const explained = new Map<string, number>();
  const unexplained: string[] = [];
  for (const line of lines.filter((each) => complaint.test(each))) {
    const why = allowed.find(({ what }) => what.test(line))?.why;
    if (why === undefined) unexplained.push(line);
    else explained.set(why, (explained.get(why) ?? 0) + 1);
  }
  return { explained, unexplained, lines: lines.length };
}

export function logCheck(
  { processes }: World,
  name: string,
  allowed: readonly Allowed[],
  complaint = complaintOfGo,
): Check {
  return {
    must: `hold no unexplained error in the log of ${name}`,
    async run() {
      const found = complaintsOf(processes.log(name), allowed, complaint);
      const { explained, unexplained, lines } = found;
      assert.equal(unexplained.length, 0, `${unexplained.length}: ${unexplained.join("\n")}`);
      const known = [...explained].map(([why, count]) => `${count} of ${why}`);
      return `${lines} lines, ${known.join(", ") || "no error"}`;
    },
  };
}

const emptyManifest = {
  what: /The manifest file is empty, ignoring/,
  why: "a flag that nobody set",
};

/** Of a controller manager on a cluster without metrics and without a cloud. */
export const allowedOfControllers: readonly Allowed[] = [
  emptyManifest,
  {
    what: /failed to get cpu resource metric value: .*the server could not find the requested resource \(get pods\.metrics\.k8s\.io\)"/,
    why: "autoscaling without a metrics server",
  },
  {
    what: /failed to query scale subresource for Deployment\/hpa-object-\d+\/scaled: .* not found/,
    why: "an autoscaler whose target went first with their namespace",
  },
  {
    what: /"Unhandled Error" err=".*[a-z-]+-\d+\/.*(daemonsets|replicasets|statefulsets)\.apps \\"[a-z0-9-]+\\" not found"|"Could not update status" err="statefulsets\.apps \\"db\\" not found"|"Error getting updated StatefulSet from lister"/,
    why: "the status of what a scenario deleted meanwhile",
  },
  {
    what: /"Error syncing SVM resource, retrying" err="storageversionmigrations\.\S+ \\"storage-version-migration-\d+\\" not found"/,
    why: "a migration that its scenario deleted once it had succeeded",
  },
  {
    what: /"Error processing resource quota work item" err="resourcequotas \\"few\\" not found"/,
    why: "a count for a quota that went with its scenario",
  },
  {
    what: /is forbidden: exceeded quota: few, requested: pods=1/,
    why: "pods beyond the scenario's quota",
  },
  {
    what: /read version: \d+ is not as new as written version: \d+ for group resource/,
    why: "waiting for an own write to come by watch",
  },
  {
    what: /unable to create new content in namespace [a-z-]+-\d+(-held)? because it is being terminated/,
    why: "work in a namespace that a scenario is ending",
  },
  {
    what: /"Failed to (get|update) .*object has been modified; please apply your changes to the latest version"|Operation cannot be fulfilled on [a-z.]+ .*object has been modified/,
    why: "a compare-and-swap lost against another writer",
  },
  {
    what: /podCIDRs: Forbidden: node updates may not change podCIDR except from/,
    why: "a second address range for a node, asked for before the first one came by watch",
  },
];

export const allowedOfScheduler: readonly Allowed[] = [
  emptyManifest,
  {
    what: /pods \\"[a-z0-9-]+\\" not found|is being deleted, cannot be assigned to a host/,
    why: "a pod ended between decision and binding",
  },
];
