import { expect, test } from "bun:test";
import type { Pod, PodSpec } from "#gen/api/core/v1.ts";
import { podWarnings } from "./pod-template.ts";

const of = (spec: Partial<PodSpec>, annotations: Record<string, string> = {}): string[] => {
  const containers = [{ name: "c", image: "i" }];
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", annotations },
    spec: { containers, ...spec },
    status: {},
  };
  return podWarnings(pod);
};

test("a variable that hides an earlier one is warned of, one that builds on it is not", () => {
  const env = (value: string) => [
    { name: "A", value: "1" },
    { name: "A", value },
  ];
  expect(of({ containers: [{ name: "c", env: env("2") }] })).toEqual([
    'spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply',
  ]);
  expect(of({ containers: [{ name: "c", env: env("x:$(A)") }] })).toEqual([]);
});

test("ports said twice", () => {
  const ports = [
    { containerPort: 80, protocol: "TCP" as const, name: "web" },
    { containerPort: 80, protocol: "TCP" as const, hostPort: 8080, name: "web" },
  ];
  expect(of({ containers: [{ name: "c", ports }] })).toEqual([
    "spec.containers[0].ports[1]: overlapping port definition with spec.containers[0].ports[0]",
    'spec.containers[0].ports[1]: duplicate port name "web" with spec.containers[0].ports[0], services and probes that select ports by name will use spec.containers[0].ports[0]',
  ]);
});

test("files of one volume that hide each other", () => {
  const items = [
    { key: "a", path: "x" },
    { key: "b", path: "x/y" },
  ];
  expect(of({ volumes: [{ name: "v", configMap: { name: "m", items } }] })).toEqual([
    'volume "v" (ConfigMap "m"): overlapping paths: "x/y" with "x"',
  ]);
});

test("labels, annotations, amounts and addresses that have better forms", () => {
  expect(
    of(
      {
        nodeSelector: { "beta.kubernetes.io/os": "linux" },
        containers: [{ name: "c", resources: { requests: { memory: "100m" } } }],
        hostAliases: [{ ip: "2001:db8:0::1" }],
        topologySpreadConstraints: [
          { maxSkew: 1, topologyKey: "z", whenUnsatisfiable: "DoNotSchedule" },
        ],
      },
      { "seccomp.security.alpha.kubernetes.io/pod": "runtime/default" },
    ),
  ).toEqual([
    'spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
    "spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod",
    'metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead',
    'spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer',
    'spec.hostAliases[0].ip: IPv6 address "2001:db8:0::1" should be in RFC 5952 canonical format ("2001:db8::1")',
  ]);
});
