import { describe, expect, test } from "bun:test";
import { ConfigurationError, readConfiguration } from "./configuration.ts";
import { defaultProfile } from "./profile.ts";

const head = {
  apiVersion: "kubescheduler.config.k8s.io/v1",
  kind: "KubeSchedulerConfiguration",
};

function profileWith(profile: object) {
  const { profiles } = readConfiguration({ ...head, profiles: [profile] });
  const [first] = profiles;
  if (first === undefined) throw new Error("one profile");
  return first;
}

function complaints(value: object): string[] {
  try {
    readConfiguration({ ...head, ...value });
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message.split("\n");
    throw error;
  }
  return [];
}

test("nothing said: upstream's default profile, times and Lease", () => {
  expect(readConfiguration(head)).toEqual({
    profiles: [defaultProfile],
    leaderElect: true,
    resourceName: "kube-scheduler",
    resourceNamespace: "kube-system",
    leaseSeconds: undefined,
    renewDeadlineSeconds: undefined,
    retrySeconds: undefined,
    kubeconfig: "",
    backoffInitial: 1,
    backoffMax: 10,
  });
});

describe("plugins", () => {
  test("a weight at score, one plugin off, one off everywhere", () => {
    const profile = profileWith({
      plugins: {
        score: {
          enabled: [{ name: "NodeAffinity", weight: 7 }],
          disabled: [{ name: "ImageLocality" }],
        },
        multiPoint: { disabled: [{ name: "TaintToleration" }] },
      },
    });
    expect(profile.weights).toEqual({
      ...defaultProfile.weights,
      NodeAffinity: 7,
      ImageLocality: 0,
      TaintToleration: 0,
    });
    expect(profile.filters.has("TaintToleration")).toBe(false);
    expect(profile.filters.has("NodeAffinity")).toBe(true);
  });

  test("* takes all away; what is enabled comes back with weight 1", () => {
    const profile = profileWith({
      plugins: {
        score: { disabled: [{ name: "*" }], enabled: [{ name: "NodeResourcesFit" }] },
        postFilter: { disabled: [{ name: "*" }] },
      },
    });
    const { NodeResourcesFit, ...others } = profile.weights;
    expect(NodeResourcesFit).toBe(1);
    expect(Object.values(others).every((weight) => weight === 0)).toBe(true);
    expect(profile.preempts).toBe(false);
  });
});

test("arguments of plugins", () => {
  const shape = [
    { utilization: 0, score: 0 },
    { utilization: 100, score: 10 },
  ];
  const resources = [{ name: "example.com/gpu", weight: 3 }];
  const profile = profileWith({
    pluginConfig: [
      {
        name: "NodeResourcesFit",
        args: {
          ignoredResources: ["example.com/foo"],
          scoringStrategy: {
            type: "RequestedToCapacityRatio",
            resources,
            requestedToCapacityRatio: { shape },
          },
        },
      },
      { name: "InterPodAffinity", args: { hardPodAffinityWeight: 5 } },
    ],
  });
  expect(profile.fit).toEqual({ type: "RequestedToCapacityRatio", resources, shape });
  expect(profile.ignoredResources).toEqual(["example.com/foo"]);
  expect(profile.hardPodAffinityWeight).toBe(5);
});

test("what is wrong is named by its path, all at once", () => {
  const wrong = complaints({
    percentageOfNodesToScore: 101,
    podInitialBackoffSeconds: 20,
    profiles: [
      { schedulerName: "a", plugins: { score: { enabled: [{ name: "Nope" }] } } },
      {
        schedulerName: "a",
        pluginConfig: [{ name: "InterPodAffinity", args: { hardPodAffinityWeight: 101, x: 1 } }],
      },
    ],
    extra: 1,
  });
  expect(wrong).toEqual([
    "extra: unknown field",
    "percentageOfNodesToScore: Invalid value: 101: not in valid range [0-100]",
    "podMaxBackoffSeconds: Invalid value: 10: must be greater than or equal to PodInitialBackoffSeconds",
    'profiles[0].plugins.score.enabled[0]: ScorePlugin "Nope" does not exist',
    "profiles[1].pluginConfig[0].args.x: unknown field",
    "profiles[1].pluginConfig[0].args.hardPodAffinityWeight: Invalid value: 101: not in valid range [0, 100]",
    'profiles[1].schedulerName: Duplicate value: "a"',
  ]);
});

test("another version or kind is refused", () => {
  expect(complaints({ apiVersion: "v1", kind: "Pod" })).toEqual([
    'apiVersion: must be "kubescheduler.config.k8s.io/v1"',
    'kind: must be "KubeSchedulerConfiguration"',
  ]);
});
