import { expect, test } from "bun:test";
import fc from "fast-check";
import { formatMicroTime, formatTime, parseTime } from "./time.ts";

test("a time is cut to seconds, a micro time to what a Date holds", () => {
  const date = new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 678));
  expect(formatTime(date)).toBe("2026-01-02T03:04:05Z");
  expect(formatMicroTime(date)).toBe("2026-01-02T03:04:05.678000Z");
});

test("zones and fractions are read", () => {
  expect(parseTime("2026-01-02T03:04:05.678901+02:30")?.toISOString()).toBe(
    "2026-01-02T00:34:05.678Z",
  );
});

test("what is no instant is undefined", () => {
  for (const text of ["", "2026-01-02", "2026-02-30T00:00:00Z", "2026-01-01T25:00:00Z", "x"]) {
    expect(parseTime(text)).toBeUndefined();
  }
});

test("what is formatted reads back", () => {
  const seconds = fc.integer({ min: 0, max: 4_102_444_800 });
  fc.assert(
    fc.property(seconds, (second) => {
      const date = new Date(second * 1000);
      expect(parseTime(formatTime(date))?.getTime()).toBe(date.getTime());
    }),
  );
});
