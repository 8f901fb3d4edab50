/** /livez, /readyz, /healthz with their sub-paths, /version and /metrics. */
import { gzipSync } from "node:zlib";
import type { Routes, VersionFacts } from "./app.ts";
import type { ServerContext } from "./call.ts";
import { methodNotAllowed, noPage, plainText, unknownResource } from "./dispatch-refusals.ts";
import type { Metrics } from "./metrics.ts";
import { contentTypes, refuseUnproduced } from "./negotiation.ts";

export interface HealthCheck {
  readonly name: string;
  /** Which endpoints ask it. */
  readonly of: "live" | "ready" | "both";
  /** Throws with the reason when it does not hold. */
  check(): void | Promise<void>;
}

interface HealthParts {
  readonly version: VersionFacts;
  readonly context: ServerContext;
  readonly metrics: Metrics;
  readonly checks?: readonly HealthCheck[];
  readonly moreMetrics?: () => string | Promise<string>;
}

/** Without the charset that Response.json names and upstream does not. */
function json(object: object): Response {
  const headers = { "content-type": "application/json" };
  return new Response(JSON.stringify(object, undefined, 2), { headers });
}

/** `/` and `/index.html`: every path that can be asked for, whatever else there is below it. */
export function addIndexRoutes(routes: Routes, paths: () => readonly string[]): void {
  for (const path of ["/", "/index.html"]) {
    routes.all(path, () => json({ paths: [...paths()].sort() }));
  }
  routes.notFound(noPage);
}

/** What does not depend on the resources. */
export const fixedPaths: readonly string[] = [
  "/.well-known/openid-configuration",
  "/api",
  "/apis",
  "/healthz",
  "/livez",
  "/metrics",
  "/metrics/slis",
  "/openapi/v2",
  "/openapi/v3",
  "/openapi/v3/",
  "/openid/v1/jwks",
  "/readyz",
  "/version",
];

interface Verdict {
  readonly name: string;
  readonly line: string;
  readonly ok: boolean;
}

async function verdictOf({ name, check }: HealthCheck): Promise<Verdict> {
  try {
    await check();
    return { name, line: `[+]${name} ok`, ok: true };
  } catch {
    // Upstream withholds the reason too: it may tell an anonymous caller of the inside.
    return { name, line: `[-]${name} failed: reason withheld`, ok: false };
  }
}

async function answer(
  endpoint: string,
  checks: readonly HealthCheck[],
  query: URLSearchParams,
): Promise<Response> {
  const excluded = new Set(query.getAll("exclude"));
  const verdicts = await Promise.all(
    checks.map(async (check) =>
      excluded.has(check.name)
        ? { line: `[+]${check.name} excluded: ok`, ok: true }
        : verdictOf(check),
    ),
  );
  const unknown = [...excluded].filter((one) => !checks.some(({ name }) => name === one));
  const names = unknown.sort().map((name) => JSON.stringify(name));
  const why = "some health checks cannot be excluded: no matches for";
  const warning = names.length === 0 ? "" : `warn: ${why} ${names.join(", ")}\n`;
  const lines = `${verdicts.map(({ line }) => `${line}\n`).join("")}${warning}`;
  const ok = verdicts.every((verdict) => verdict.ok);
  if (!ok) return plainText(`${lines}${endpoint} check failed\n`, 500);
  return plainText(query.has("verbose") ? `${lines}${endpoint} check passed\n` : "ok");
}

/** Of one check alone: without the header that upstream's sum of all has. */
const single = (body: string): Response =>
  new Response(body, { headers: { "content-type": "text/plain; charset=utf-8" } });

export function addHealthRoutes(routes: Routes, parts: HealthParts): void {
  const { cache } = parts.context;
  const own: readonly HealthCheck[] = [
    { name: "ping", of: "both", check: () => undefined },
    { name: "log", of: "both", check: () => undefined },
    { name: "etcd-readiness", of: "ready", check: () => cache.fresh().then(() => undefined) },
    { name: "informer-sync", of: "ready", check: () => undefined },
    { name: "shutdown", of: "ready", check: () => undefined },
    {
      name: "etcd",
      of: "both",
      check: async () => {
        await cache.fresh();
      },
    },
  ];
  const all = [...own, ...(parts.checks ?? [])];
  const of = { livez: "live", readyz: "ready", healthz: "live" } as const;
  for (const [endpoint, kind] of Object.entries(of)) {
    const checks = all.filter((check) => check.of === "both" || check.of === kind);
    routes.all(`/${endpoint}`, (c) => answer(endpoint, checks, new URL(c.req.url).searchParams));
    routes.all(`/${endpoint}/:check`, async (c) => {
      const check = checks.find(({ name }) => name === c.req.param("check"));
      if (check === undefined) return noPage();
      const { ok, line } = await verdictOf(check);
      return ok ? single("ok") : plainText(`internal server error: ${line}\n`, 500);
    });
  }
  for (const path of ["/version", "/version/"]) {
    routes.all(path, ({ req }) => {
      if (req.raw.method !== "GET") throw methodNotAllowed();
      refuseUnproduced(req.raw.headers.get("accept"), [contentTypes.json]);
      return json(versionOf(parts.version));
    });
  }
  routes.all("/version/*", () => {
    throw unknownResource();
  });
  routes.all("/metrics", async ({ req: { raw } }) => {
    if (raw.method === "DELETE") return resetMetrics(parts.metrics);
    const more = (await parts.moreMetrics?.()) ?? "";
    return metricsText(raw, parts.metrics.text() + more);
  });
  routes.all("/metrics/slis", async ({ req: { raw } }) =>
    metricsText(raw, await healthMetrics(all)),
  );
}

function resetMetrics(metrics: Metrics): Response {
  metrics.reset();
  const headers = { "content-type": "text/plain; charset=utf-8" };
  return new Response("metrics reset\n", { headers });
}

function metricsText({ headers }: Request, body: string): Response {
  const type = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
  if (!/\bgzip\b/.test(headers.get("accept-encoding") ?? ""))
    return new Response(body, { headers: { "content-type": type } });
  const packed = { "content-type": type, "content-encoding": "gzip" };
  return new Response(new Uint8Array(gzipSync(body)), { headers: packed });
}

/** Each check's verdict of now, as upstream's component health SLIs. */
async function healthMetrics(checks: readonly HealthCheck[]): Promise<string> {
  const verdicts = await Promise.all(checks.map(verdictOf));
  const lines = verdicts.flatMap(({ name, ok }, at) =>
    typesOf(checks[at]?.of ?? "both").map(
      (type) => `kubernetes_healthcheck{name=${JSON.stringify(name)},type="${type}"} ${ok ? 1 : 0}`,
    ),
  );
  return ["# TYPE kubernetes_healthcheck gauge", ...lines, ""].join("\n");
}

const typesOf = (of: HealthCheck["of"]): readonly string[] =>
  of === "both"
    ? ["healthz", "livez", "readyz"]
    : of === "live"
      ? ["healthz", "livez"]
      : ["readyz"];

/** Upstream's version.Info; clients parse major and minor as integers. */
function versionOf(facts: VersionFacts): object {
  return {
    ...facts,
    emulationMajor: facts.major,
    emulationMinor: facts.minor,
    minCompatibilityMajor: facts.major,
    minCompatibilityMinor: `${Number(facts.minor) - 1}`,
    gitCommit: "",
    gitTreeState: "clean",
    buildDate: "1970-01-01T00:00:00Z",
    goVersion: "",
    compiler: "bun",
  };
}
