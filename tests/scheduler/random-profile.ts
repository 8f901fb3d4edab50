/** A random profile of a KubeSchedulerConfiguration: other strategies, weights and arguments, plugins that are off. */
import type { NodeAffinity, TopologySpreadConstraint } from "#gen/api/core/v1.ts";
import type { OracleProfile, ShapePoint } from "./oracle/settings.ts";
import type { Random } from "./random.ts";

const resources = ["cpu", "memory", "ephemeral-storage", "example.com/gpu"] as const;

function randomShape(r: Random): ShapePoint[] {
  const middle = 10 + r.below(80);
  return [0, middle, 100].map((utilization) => ({ utilization, score: r.below(11) }));
}

function fit(r: Random): object {
  const type = r.pick(["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"]);
  const scored = r.some(resources, 0.6).map((name) => ({ name, weight: 1 + r.below(9) }));
  const ratio = type === "RequestedToCapacityRatio" ? { shape: randomShape(r) } : undefined;
  return {
    scoringStrategy: {
      type,
      ...(scored.length > 0 ? { resources: scored } : {}),
      ...(ratio === undefined ? {} : { requestedToCapacityRatio: ratio }),
    },
    ...(r.chance(0.2) ? { ignoredResources: ["example.com/gpu"] } : {}),
    ...(r.chance(0.1) ? { ignoredResourceGroups: ["example.com"] } : {}),
  };
}

function spread(r: Random): object {
  if (r.chance(0.3)) return { defaultingType: "System" };
  const keys = r.some(["topology.kubernetes.io/zone", "kubernetes.io/hostname", "rack"], 0.6);
  const defaultConstraints = keys.map((topologyKey): TopologySpreadConstraint => {
    const whenUnsatisfiable = r.pick([
      "DoNotSchedule",
      "ScheduleAnyway",
      "ScheduleAnyway",
    ] as const);
    return {
      topologyKey,
      maxSkew: 1 + r.below(3),
      whenUnsatisfiable,
      ...(whenUnsatisfiable === "DoNotSchedule" && r.chance(0.3) ? { minDomains: 3 } : {}),
      ...(r.chance(0.3) ? { nodeTaintsPolicy: "Honor" } : {}),
      ...(r.chance(0.2) ? { nodeAffinityPolicy: "Ignore" } : {}),
    };
  });
  return { defaultingType: "List", defaultConstraints };
}

function addedAffinity(r: Random): NodeAffinity {
  const term = (key: string, operator: "Exists" | "In", values?: string[]) => ({
    matchExpressions: [{ key, operator, ...(values === undefined ? {} : { values }) }],
  });
  const preference = term("disk", "In", [r.pick(["ssd", "hdd"])]);
  return {
    ...(r.chance(0.5)
      ? {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [term(r.pick(["rack", "disk"]), "Exists")],
          },
        }
      : {}),
    preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1 + r.below(99), preference }],
  };
}

const scored = ["ImageLocality", "NodeResourcesFit", "InterPodAffinity", "NodeAffinity"] as const;
const filtering = ["NodePorts", "TaintToleration", "NodeUnschedulable", "VolumeZone"] as const;

export function randomProfile(r: Random, schedulerName: string): OracleProfile {
  const balanced = resources.filter(() => r.chance(0.6)).map((name) => ({ name, weight: 1 }));
  const args: Record<string, object> = {
    NodeResourcesFit: fit(r),
    NodeResourcesBalancedAllocation: balanced.length === 0 ? {} : { resources: balanced },
    PodTopologySpread: spread(r),
    InterPodAffinity: {
      hardPodAffinityWeight: r.pick([0, 1, 40, 100]),
      ignorePreferredTermsOfExistingPods: r.chance(0.4),
    },
    ...(r.chance(0.5) ? { NodeAffinity: { addedAffinity: addedAffinity(r) } } : {}),
    ...(r.chance(0.5) ? { VolumeBinding: { shape: randomShape(r) } } : {}),
  };
  const weights = r.some(scored, 0.4).map((name) => ({ name, weight: 1 + r.below(20) }));
  const off = r.maybe(0.3, () => r.pick(filtering));
  return {
    schedulerName,
    plugins: {
      score: { enabled: weights, disabled: r.chance(0.2) ? [{ name: "TaintToleration" }] : [] },
      filter: { disabled: off === undefined ? [] : [{ name: off }] },
    },
    pluginConfig: r.some(Object.keys(args), 0.6).map((name) => ({ name, args: args[name] ?? {} })),
  };
}
