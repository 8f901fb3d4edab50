import { expect, test } from "bun:test";
import { pods } from "#gen/api/core/v1.ts";
import { Metrics, measuredOf } from "./metrics.ts";
import { requestInfo } from "./request-info.ts";

test("a resource is counted by its names", () => {
  const info = requestInfo("GET", "/api/v1/namespaces/a/pods/b/log", undefined);
  expect(measuredOf(info, pods)).toEqual({
    verb: "get",
    group: "",
    version: "v1",
    resource: "pods",
    subresource: "log",
  });
});

test("names that a client makes up are counted as one", () => {
  const metrics = new Metrics();
  const scraped = metrics.text().length;
  for (let made = 0; made < 100; made++) {
    const unserved = requestInfo(
      `M${made}`,
      `/apis/g${made}/v${made}/r${made}/n/${made}`,
      undefined,
    );
    metrics.record(measuredOf(unserved, undefined), 404, 0);
    const subresource = requestInfo("GET", `/api/v1/namespaces/a/pods/b/s${made}`, undefined);
    metrics.record(measuredOf(subresource, pods), 404, 0);
  }
  expect(metrics.text().match(/^apiserver_request_total/gm)).toHaveLength(2);
  expect(metrics.text().length - scraped).toBeLessThan(20_000);
});

test("what was counted of a resource goes with it", () => {
  const metrics = new Metrics();
  const of = (group: string) => ({
    ...{ verb: "list", group, version: "v1", resource: "things", subresource: "" },
  });
  metrics.record(of("a.example.com"), 200, 0.1);
  metrics.record(of("b.example.com"), 200, 0.1);
  metrics.forget(of("a.example.com"));
  expect(metrics.text()).not.toContain("a.example.com");
  expect(metrics.text()).toContain("b.example.com");
});
