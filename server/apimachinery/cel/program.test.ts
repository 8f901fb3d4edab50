import { expect, test } from "bun:test";
import { CelCompileError, celEnvironment, compileCel } from "./program.ts";
import { CelRuntimeError } from "./runtime-error.ts";

const environment = celEnvironment()
  .registerVariable("m", "map<string, map<string, dyn>>")
  .registerVariable("s", "string");
const input = { count: 32, size: 64 };
const variables = { s: "gpu-a", m: new Map([["d", new Map<string, unknown>([["n", 3n]])]]) };
const run = (source: string) => compileCel(environment, source, input).evaluate(variables);

test.each([
  'has(m["d"].n) && !has(m["d"].x)',
  '"d" in m && !("e" in m)',
  'm["d"].n == 3 && m["d"].n in [2, 3]',
  'm["d"].?x.orValue(7) == 7',
  'm[?"d"][?"n"].orValue(7) == 3',
  'cel.bind(d, m["d"], d.n > 2 && d.n < 4)',
  's.matches("^gpu-[a-z]$") && !s.matches("^b")',
  'quantity("1Gi").compareTo(quantity("1024Mi")) == 0',
  'quantity("1k").isGreaterThan(quantity("999")) && quantity("1").add(1) == quantity("2")',
  'quantity("200M").isInteger() && quantity("2").asInteger() == 2 && !isQuantity("x")',
  'semver("1.2.3").isLessThan(semver("1.10.0")) && semver("1.0.0-rc.1").compareTo(semver("1.0.0")) == -1',
  'semver("v1.02", true) == semver("1.2.0") && semver("2.3.4").minor() == 3 && !isSemver("1")',
  '[1, 2].sum() == 3 && [1, 3].isSorted() && ["b", "a"].min() == "a" && [1, 2].indexOf(2) == 1',
  "sets.contains([1, 2], [2]) && sets.equivalent([1], [1]) && !sets.intersects([1], [2])",
  '"abc".charAt(1) == "b" && "aa".replace("a", "b", 1) == "ba" && "%s-%d".format(["x", 1]) == "x-1"',
  'cidr("10.0.0.0/8").containsIP(ip("10.1.2.3")) && !cidr("10.0.0.0/8").containsIP("11.0.0.1")',
  'cidr("fd00::/8").containsCIDR("fd00:1::/32") && cidr("10.1.2.3/8").masked() == cidr("10.0.0.0/8")',
  'cidr("10.1.2.3/8").ip() == ip("10.1.2.3") && string(cidr("10.1.2.3/8")) == "10.1.2.3/8"',
  'ip("::1").family() == 6 && ip("127.0.0.1").isLoopback() && ip("fe80::1").isLinkLocalUnicast()',
  '!isIP("::ffff:1.2.3.4") && !isIP("01.2.3.4") && isCIDR("::/0") && !isCIDR("10.0.0.0/33")',
  'ip.isCanonical("2001:db8::1") && !ip.isCanonical("2001:DB8::1") && ip("8.8.8.8").isGlobalUnicast()',
  'url("https://u:p@[::1]:80/a b?k=1&k=2#f").getHost() == "[::1]:80"',
  'url("https://[::1]:80/a b").getHostname() == "::1" && url("https://[::1]:80/").getPort() == "80"',
  'url("https://e.com/a b").getEscapedPath() == "/a%20b" && url("/p").getScheme() == ""',
  'url("https://e.com/?k=1&k=b c").getQuery()["k"] == ["1", "b c"] && !isURL("../x") && isURL("/x")',
  '!format.dns1123Label().validate("a-b").hasValue() && format.uuid().validate("x").hasValue()',
  'format.date().validate("2024-02-30").value() == ["invalid date"] && !format.named("x").hasValue()',
  '!format.dns1035LabelPrefix().validate("a-").hasValue() && !format.byte().validate("aGk=").hasValue()',
])("%s holds", (source) => {
  expect(run(source)).toBe(true);
});

test.each([
  ['m["d"].x == 1', "no such key: x"],
  ['quantity("x").isInteger()', "quantities must match"],
  ['semver("1") == semver("1.0.0")', "invalid semantic version"],
  ["s.matches(s + '(')", "missing closing )"],
  ['ip("10.0.0") == ip("::1")', 'IP Address "10.0.0" parse error during conversion from string'],
  ['ip("fe80::1%eth0").family() == 6', 'IP address "fe80::1%eth0" with zone value is not allowed'],
  ['cidr("::ffff:1.2.3.4/100").prefixLength() == 1', "network address parse error"],
  ['url("../x").getHost() == ""', 'parse "../x": invalid URI for request'],
])("%s cannot be evaluated", (source, why) => {
  expect(() => run(source)).toThrow(CelRuntimeError);
  expect(() => run(source)).toThrow(why);
});

test.each([
  ["t == 1", "1:1: undeclared reference to 't' (in container '')\n | t == 1\n | ^"],
  [
    "s + 1",
    "1:3: found no matching overload for '_+_' applied to '(string, int)'\n | s + 1\n | ..^",
  ],
  ["s ? 1 : 2", "Syntax error: "],
  ["s.nope()", "1:7: undeclared reference to 'nope'"],
  ["s.charAt(s)", "1:9: found no matching overload for 'charAt' applied to 'string.(string)'"],
  ["s ==", "1:5: Syntax error: mismatched input '<EOF>' expecting {"],
  ["has(s)", "1:5: invalid argument to has() macro"],
  ["Has(s.a)", "1:1: undeclared reference to 'Has'"],
  ["true && s", "1:9: expected type 'bool' but found 'string'"],
  ['s.matches("(")', "1:11: invalid matches argument"],
])("%s does not compile", (source, why) => {
  expect(() => run(source)).toThrow(CelCompileError);
  expect(() => run(source)).toThrow(why);
});

test("what it can cost is known before it runs", () => {
  const cost = (source: string) => compileCel(environment, source, input).cost;
  const list = `[${"1,".repeat(99)}1]`;
  const nested = (depth: number): string =>
    depth === 0 ? "true" : `${list}.all(a, ${nested(depth - 1)})`;
  expect(cost(nested(1))).toBeLessThan(1000);
  expect(cost(nested(4))).toBeGreaterThan(1e8);
  const doubled = (depth: number): string =>
    depth === 0
      ? "x0 == s"
      : `cel.bind(x${depth - 1}, x${depth} + x${depth}, ${doubled(depth - 1)})`;
  expect(cost(`cel.bind(x40, s, ${doubled(40)})`)).toBeGreaterThan(1e9);
});

test("a pattern takes time in proportion to the text", () => {
  const text = `${"a".repeat(5000)}b`;
  expect(run(`"${text}".matches("^(a+)+$")`)).toBe(false);
});
