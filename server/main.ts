/**
 * The composition root: which components run in this process, wired by Transport. Imported by nothing.
 * `up` is API server, controllers, scheduler and nodes in one process; `server` leaves out the nodes,
 * `agent` is one node. Components meet only at the API, so none of them can tell.
 */
import process from "node:process";
import { ApiError } from "#apimachinery/status.ts";
import { startAgent } from "#cli/start-agent.ts";
import { startControlPlane } from "#cli/start-control-plane.ts";
import { UsageError } from "#cli/verb.ts";
import { pinoLogger } from "#telemetry/pino-log.ts";
import { argumentsOfProcess, readConfig } from "./config.ts";

async function main(): Promise<number> {
  const config = readConfig(argumentsOfProcess());
  const logger = pinoLogger({
    format: config.logFormat,
    level: config.logLevel,
    sink: process.stderr,
  });
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      // Who asks twice does not want to wait for a database that does not answer.
      if (stop.signal.aborted) process.exit(1);
      stop.abort();
    });
  }
  return config.verb.run({
    options: config.options,
    positionals: config.positionals,
    home: config.home,
    logger,
    signal: stop.signal,
    compose: {
      controlPlane: (options) => startControlPlane(options, logger),
      agent: (options) => startAgent(options, logger),
    },
    print: (text) => process.stdout.write(`${text}\n`),
    say: (text) => process.stderr.write(`${text}\n`),
  });
}

try {
  process.exit(await main());
} catch (error) {
  const expected = error instanceof UsageError || error instanceof ApiError;
  const shown =
    expected || !(error instanceof Error) ? String(error) : (error.stack ?? error.message);
  process.stderr.write(`kubun: ${shown.replace(/^(UsageError|ApiError): /, "")}\n`);
  process.exit(1);
}
