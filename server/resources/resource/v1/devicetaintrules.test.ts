import { expect, test } from "bun:test";
import type { DeviceTaintRule } from "#gen/api/resource/v1.ts";
import { deviceTaintRuleResource } from "./devicetaintrules.ts";

test("a taint says since when it is, unless its author did", () => {
  const rule = (timeAdded?: string): DeviceTaintRule => ({
    apiVersion: "resource.k8s.io/v1",
    kind: "DeviceTaintRule",
    metadata: { name: "r" },
    spec: { taint: { key: "k", effect: "NoExecute", ...(timeAdded ? { timeAdded } : {}) } },
    status: {},
  });
  const now = new Date("2026-01-02T03:04:05Z");
  const stamped = (one: DeviceTaintRule) => {
    deviceTaintRuleResource.default?.(one, now);
    return one.spec.taint.timeAdded;
  };
  expect(stamped(rule())).toBe("2026-01-02T03:04:05Z");
  expect(stamped(rule("2025-01-01T00:00:00Z"))).toBe("2025-01-01T00:00:00Z");
});
