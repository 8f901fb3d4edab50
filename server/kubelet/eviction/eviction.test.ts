import { expect, test } from "bun:test";
import type { Pod } from "#gen/api/core/v1.ts";
import { diskExcess, hasDiskLimits } from "./local-storage.ts";
import {
  HeldPressure,
  lowOn,
  noPressure,
  pressureFrom,
  refusalUnder,
  victimOf,
} from "./pressure.ts";

const mi = 1024 * 1024;

function pod(name: string, spec: Partial<Pod["spec"]> = {}, resources = {}): Pod {
  const containers = [{ name: "c", image: "x", resources }];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", uid: name },
    spec: { containers, ...spec },
    status: {},
  };
}

const used = (bytes: number) => ({ containers: new Map([["c", bytes]]), beside: 0 });
const disk = (container: number, volume = 0) => ({
  containers: new Map([["c", container]]),
  emptyDirs: new Map([["v", volume]]),
});

test("a volume, a container and a pod are held to their limits on disk", () => {
  const volumes = [{ name: "v", emptyDir: { sizeLimit: "1Mi" } }];
  const limited = pod("a", { volumes });
  expect(hasDiskLimits(limited)).toBe(true);
  expect(diskExcess(limited, disk(9 * mi, mi))).toBeUndefined();
  expect(diskExcess(limited, disk(0, mi + 1))).toBe(
    'Usage of EmptyDir volume "v" exceeds the limit "1Mi". ',
  );
  const own = pod("b", {}, { limits: { "ephemeral-storage": "2Mi" } });
  expect(diskExcess(own, disk(2 * mi))).toBeUndefined();
  expect(diskExcess(own, disk(3 * mi))).toContain("Pod ephemeral local storage usage exceeds");
  const two = pod("c", {
    containers: [
      { name: "c", image: "x", resources: { limits: { "ephemeral-storage": "2Mi" } } },
      { name: "d", image: "x" },
    ],
  });
  expect(diskExcess(two, disk(3 * mi))).toBe(
    'Container c exceeded its local ephemeral storage limit "2Mi". ',
  );
  expect(hasDiskLimits(pod("d"))).toBe(false);
});

test("who uses more than asked for goes first, then the less important, then the greedier", () => {
  const asks = { requests: { memory: "100Mi" } };
  const modest = { pod: pod("modest", {}, asks), ...used(90 * mi) };
  const small = { pod: pod("small"), ...used(10 * mi) };
  const large = { pod: pod("large"), ...used(20 * mi) };
  const important = { pod: pod("important", { priority: 5 }), ...used(900 * mi) };
  const critical = { pod: pod("critical", { priority: 2_000_000_000 }), ...used(900 * mi) };
  const all = [critical, important, modest, small, large];
  expect(victimOf(all, "memory")).toBe(large);
  expect(victimOf([critical, important, modest, small], "memory")).toBe(small);
  expect(victimOf([critical, important, modest], "memory")).toBe(important);
  expect(victimOf([critical, modest], "memory")).toBe(modest);
  expect(victimOf([critical], "memory")).toBeUndefined();
  expect(lowOn("memory", { available: 50 * mi, threshold: 100 * mi }, large)).toBe(
    "The node was low on resource: memory. Threshold quantity: 100Mi, available: 50Mi. Container c was using 20Mi, request is 0, has larger consumption of memory. ",
  );
});

test("under memory pressure what asked for nothing is refused; under disk pressure everything but what must run", () => {
  const burstable = pod("b", {}, { requests: { memory: "1Mi" } });
  const critical = pod("c", { priority: 2_000_001_000 });
  const tolerant = pod("t", { tolerations: [{ operator: "Exists" }] });
  const memory = { ...noPressure, memory: true };
  expect(refusalUnder(pod("a"), noPressure)).toBeUndefined();
  expect(refusalUnder(pod("a"), memory)?.message).toContain(
    "The node had condition: [MemoryPressure]",
  );
  for (const one of [burstable, critical, tolerant])
    expect(refusalUnder(one, memory)).toBeUndefined();
  const full = { ...noPressure, disk: true };
  expect(refusalUnder(burstable, full)?.reason).toBe("Evicted");
  expect(refusalUnder(critical, full)).toBeUndefined();
});

test("pressure is told for five minutes after it was seen last", () => {
  const reserve = (available: number) => ({ available, threshold: 10 });
  const short = pressureFrom({ memory: reserve(9), disk: reserve(10) });
  expect(short).toEqual({ memory: true, disk: false, pid: false });
  const held = new HeldPressure();
  expect(held.seen(noPressure, 0)).toEqual(noPressure);
  expect(held.seen(short, 1000)).toEqual(short);
  expect(held.seen(noPressure, 300_999)).toEqual(short);
  expect(held.seen(noPressure, 301_000)).toEqual(noPressure);
});
