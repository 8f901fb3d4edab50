import { expect, test } from "bun:test";
import { complaintsOf } from "./complaints.ts";

const log = [
  'I1121 10:00:00.000001       1 a.go:1] "all is well"',
  'E1121 10:00:00.000002       1 b.go:2] "no metrics" err="x"',
  'W1121 10:00:00.000003       1 c.go:3] "a warning is none"',
  'E1121 10:00:00.000004       1 d.go:4] "unable to decode an event"',
  "panic: runtime error",
].join("\n");

test("every error that is not allowed is told, with the allowed ones counted by reason", () => {
  const found = complaintsOf(log, [{ what: /no metrics/, why: "no metrics server" }]);
  expect([...found.explained]).toEqual([["no metrics server", 1]]);
  expect(found.unexplained.map((line) => line.slice(-25))).toEqual([
    '"unable to decode an event"'.slice(-25),
    "panic: runtime error",
  ]);
});
