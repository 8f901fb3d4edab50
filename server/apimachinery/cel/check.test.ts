import { expect, test } from "bun:test";
import { checkCel } from "./check.ts";

const names = ["object", "oldObject", "request", "params", "variables", "authorizer", "Object"];

test.each([
  ["object.spec.replicas <= 5", "bool"],
  ["has(object.metadata.labels) && object.metadata.labels['a'] == \"b\"", "bool"],
  ["object.spec.containers.all(c, c.image.startsWith('a/') || c.name == 'x')", "bool"],
  ["Object{spec: Object.spec{replicas: 2}}", "object"],
  ["[1, 2].map(x, x + 1)", "list"],
  ["request.namespace == 'a' ? 'x' : 'y'", "string"],
  ["-1", "int"],
  ["'a' + string(1)", "string"],
  ["{'a': 1}", "map"],
  ["!(object.a in [1,2])", "bool"],
  ["authorizer.group('apps').resource('deployments').check('create').allowed()", "dyn"],
] as const)("%s is %s", (source, type) => {
  expect(checkCel(source, names)).toBe(type);
});

test.each([
  "UPPER_case!",
  "aaaa",
  "x.y/z",
  " lead",
  "object.spec.",
  "object.spec ==",
  "(object",
  "1 && true",
  "'unended",
  "object.all(c, d)",
  "for",
])("%s is refused", (source) => {
  expect(() => checkCel(source, names)).toThrow(SyntaxError);
});
