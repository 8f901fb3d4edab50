/** /livez, /readyz, /healthz with their sub-paths, /version and /metrics. */
import type { Routes, VersionFacts } from "./app.ts";
import type { ServerContext } from "./call.ts";
import { methodNotAllowed } from "./dispatch-refusals.ts";
import type { Metrics } from "./metrics.ts";

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

const text = (body: string, status = 200): Response =>
  new Response(body, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
  });

/** Without the charset that Response.json names and upstream does not. */
function json(object: object): Response {
  const headers = { "content-type": "application/json" };
  return new Response(JSON.stringify(object, undefined, 2), { headers });
}

/** `/` and `/index.html`: every path that can be asked for, whatever else there is below it. */
export function addIndexRoutes(routes: Routes, paths: () => readonly string[]): void {
  for (const path of ["/", "/index.html"]) {
    routes.get(path, () => json({ paths: [...paths()].sort() }));
  }
  routes.notFound(() => text("404 page not found\n", 404));
}

/** What does not depend on the resources. */
export const fixedPaths: readonly string[] = [
  "/.well-known/openid-configuration",
  "/api",
  "/apis",
  "/healthz",
  "/livez",
  "/metrics",
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
  const asked = checks.filter(({ name }) => !excluded.has(name));
  const verdicts = await Promise.all(asked.map(verdictOf));
  const skipped = [...excluded].map((name) => `[+]${name} excluded: ok`);
  const lines = [...verdicts.map(({ line }) => line), ...skipped].join("\n");
  const ok = verdicts.every((verdict) => verdict.ok);
  if (!ok) return text(`${lines}\n${endpoint} check failed\n`, 500);
  return text(query.has("verbose") ? `${lines}\n${endpoint} check passed\n` : "ok");
}

export function addHealthRoutes(routes: Routes, parts: HealthParts): void {
  const { cache } = parts.context;
  const own: readonly HealthCheck[] = [
    { name: "ping", of: "both", check: () => undefined },
    { name: "log", of: "both", check: () => undefined },
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
    routes.get(`/${endpoint}`, (c) => answer(endpoint, checks, new URL(c.req.url).searchParams));
    routes.get(`/${endpoint}/:check`, async (c) => {
      const check = checks.find(({ name }) => name === c.req.param("check"));
      if (check === undefined) return text("404 page not found\n", 404);
      const { ok, line } = await verdictOf(check);
      return ok ? text("ok") : text(`internal server error: ${line}\n`, 500);
    });
  }
  for (const path of ["/version", "/version/"]) {
    routes.all(path, ({ req }) => {
      if (req.raw.method !== "GET") throw methodNotAllowed();
      return json(versionOf(parts.version));
    });
  }
  routes.get("/metrics", async () => {
    const more = (await parts.moreMetrics?.()) ?? "";
    return new Response(parts.metrics.text() + more, {
      headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
    });
  });
}

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
