import { expect, test } from "bun:test";
import { faultOf } from "./pod-faults.ts";

const asking = (cpu: string) => ({ containers: [{ name: "c", resources: { requests: { cpu } } }] });

test("amounts that mean nothing are named with their container", () => {
  expect(faultOf(asking("-5"))).toBe('container "c" requests cpu "-5", which is negative');
  expect(faultOf(asking("x"))).toBe('container "c" requests cpu "x", which cannot be read');
  expect(faultOf({ containers: [], overhead: { memory: "1X" } })).toBe(
    'pod requests memory "1X", which cannot be read',
  );
  expect(faultOf(asking("100m"))).toBeUndefined();
});

test("a thousand terms are no fault, five thousand are", () => {
  const terms = (length: number) => ({
    containers: [],
    affinity: {
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: Array.from({ length }, () => ({
          topologyKey: "zone",
        })),
      },
    },
  });
  expect(faultOf(terms(1000))).toBeUndefined();
  expect(faultOf(terms(5000))).toBe(
    "pod has 5000 affinity terms and spread constraints, more than 4096",
  );
});
