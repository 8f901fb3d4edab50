import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { hostname } from "node:os";
import { parse } from "yaml";
import { withoutQuery } from "#apiserver/query.ts";
import { untilAborted } from "#cli/until-aborted.ts";
import { integer, text, UsageError, type Verb, type VerbContext } from "#cli/verb.ts";
import type { Client } from "#client/client.ts";
import { clientFromKubeconfig, readKubeconfig } from "#client/kubeconfig.ts";
import {
  ConfigurationError,
  readConfiguration,
  type SchedulerConfiguration,
} from "#scheduler/configuration.ts";
import { schedulerMetrics } from "#scheduler/metrics.ts";
import { runScheduler } from "#scheduler/scheduler.ts";

/** What a pod finds of its service account. */
const account = "/var/run/secrets/kubernetes.io/serviceaccount";
const defaults = {
  apiVersion: "kubescheduler.config.k8s.io/v1",
  kind: "KubeSchedulerConfiguration",
};

function readFile(flag: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`--${flag}: ${error instanceof Error ? error.message : path}`);
  }
}

function configurationOf({ options }: VerbContext): SchedulerConfiguration {
  const path = text(options, "config");
  try {
    return readConfiguration(path === "" ? defaults : parse(readFile("config", path)));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const wrong = error instanceof ConfigurationError ? error.message : String(error);
    throw new UsageError(`--config: ${path} cannot be used\n${wrong}`);
  }
}

function clientOf({ options }: VerbContext, configured: string): Client {
  const path = text(options, "kubeconfig") || configured;
  const userAgent = "kube-scheduler";
  if (path !== "") {
    return clientFromKubeconfig(readKubeconfig(readFile("kubeconfig", path)), { userAgent });
  }
  const host = text(options, "apiHost");
  if (host === "" || !existsSync(`${account}/token`))
    throw new UsageError("--kubeconfig: needed outside of a cluster");
  const connection = {
    server: `https://${host.includes(":") ? `[${host}]` : host}:${text(options, "apiPort")}`,
    certificateAuthority: readFile("kubeconfig", `${account}/ca.crt`),
    token: readFile("kubeconfig", `${account}/token`),
  };
  return clientFromKubeconfig(connection, { userAgent });
}

/** /healthz, /livez, /readyz and /metrics, over plain HTTP. */
function openHealth(
  context: VerbContext,
  asks: { readonly ready: () => boolean; readonly metrics: () => string },
): Promise<Server> {
  const server = createServer((request, response) => {
    const path = withoutQuery(request.url ?? "");
    if (path === "/metrics") {
      response.setHeader("content-type", "text/plain; version=0.0.4; charset=utf-8");
      response.end(asks.metrics());
    } else if (path === "/healthz" || path === "/livez" || path === "/readyz") {
      const well = path !== "/readyz" || asks.ready();
      response.statusCode = well ? 200 : 503;
      response.end(well ? "ok" : "caches are not filled yet");
    } else {
      response.statusCode = 404;
      response.end("404 page not found");
    }
  });
  const port = integer(context.options, "port", { min: 0, max: 65_535 });
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(new UsageError(`--port: ${error.message}`)));
    server.listen(port, text(context.options, "bindAddress"), () => resolve(server));
  });
}

export const scheduler: Verb = {
  name: "scheduler",
  describe: "run the scheduler alone, beside any Kubernetes API server",
  examples: [
    "scheduler --kubeconfig /etc/kubernetes/scheduler.conf",
    "scheduler --kubeconfig K --config scheduler.yaml    # KubeSchedulerConfiguration v1",
  ],
  options: [
    { flags: "--kubeconfig <file>", describe: "of the API server (in a pod: its own account)" },
    {
      flags: "--config <file>",
      describe: "KubeSchedulerConfiguration (kubescheduler.config.k8s.io/v1)",
    },
    {
      flags: "--leader-elect <boolean>",
      describe: "wait for the Lease first",
      choices: ["true", "false"],
    },
    {
      flags: "--parity",
      describe: "sample nodes and part equals as upstream does, instead of taking the best of all",
    },
    { flags: "--bind-address <address>", describe: "of health and metrics", fallback: "127.0.0.1" },
    {
      flags: "--port <number>",
      describe: "of health and metrics; 0: any free one",
      fallback: "10251",
    },
    {
      flags: "--api-host <host>",
      describe: "of the API server, in a pod",
      env: "KUBERNETES_SERVICE_HOST",
    },
    {
      flags: "--api-port <number>",
      describe: "of the API server, in a pod",
      env: "KUBERNETES_SERVICE_PORT",
      fallback: "443",
    },
  ],
  async run(context) {
    const { logger, signal, options } = context;
    const configuration = configurationOf(context);
    const client = clientOf(context, configuration.kubeconfig);
    const metrics = schedulerMetrics();
    const chosen = text(options, "leaderElect");
    const leaderElect = chosen === "" ? configuration.leaderElect : chosen === "true";
    let ready = leaderElect;
    const health = await openHealth(context, { ready: () => ready, metrics: metrics.text });
    context.say(`scheduler of ${configuration.profiles.map((p) => p.schedulerName).join(", ")}`);
    const { backoffInitial, backoffMax } = configuration;
    const running = runScheduler({
      client,
      logger,
      signal,
      leaderElect,
      identity: `${hostname()}_${crypto.randomUUID()}`,
      lease: {
        name: configuration.resourceName,
        namespace: configuration.resourceNamespace,
        leaseSeconds: configuration.leaseSeconds,
        renewDeadlineSeconds: configuration.renewDeadlineSeconds,
        retrySeconds: configuration.retrySeconds,
      },
      profiles: configuration.profiles,
      parity: options["parity"] === true,
      backoff: { initial: backoffInitial * 1000, max: backoffMax * 1000 },
      metrics,
      onReady() {
        ready = true;
      },
    });
    await Promise.race([running, untilAborted(signal)]);
    await running;
    health.close();
    return 0;
  },
};
