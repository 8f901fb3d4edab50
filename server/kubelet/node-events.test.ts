import { expect, test } from "bun:test";
import type { NodeStatus } from "#gen/api/core/v1.ts";
import { conditionEvents } from "./node-events.ts";

const status = (conditions: Readonly<Record<string, string>>): NodeStatus =>
  ({
    conditions: Object.entries(conditions).map(([type, is]) => ({ type, status: is })),
  }) as NodeStatus;

test("a disk that fills, and has room again, is told once each", () => {
  const room = status({ Ready: "True", DiskPressure: "False" });
  const full = status({ Ready: "True", DiskPressure: "True" });
  expect(conditionEvents(room, full)).toEqual(["NodeHasDiskPressure"]);
  expect(conditionEvents(full, full)).toEqual([]);
  expect(conditionEvents(full, room)).toEqual(["NodeHasNoDiskPressure"]);
});

test("a new node tells where it stands", () => {
  const now = status({ Ready: "False", MemoryPressure: "False" });
  expect(conditionEvents({}, now)).toEqual(["NodeNotReady", "NodeHasSufficientMemory"]);
});
