/** postStart and preStop: exec, HTTP GET, sleep. Throws when the handler failed. */

import { sleep } from "#client/clock.ts";
import type { Container, EphemeralContainer, LifecycleHandler } from "#gen/api/core/v1.ts";
import type { NodeContext } from "./node-context.ts";
import { httpGet, httpTarget } from "./probes/http-get.ts";

export interface HandlerTarget {
  readonly container: Container | EphemeralContainer;
  readonly containerId: string;
  readonly podIp: string;
}

/** Upstream's client has no other bound for hooks than the grace period around them. */
const httpTimeoutMilliseconds = 30_000;

export async function runHandler(
  node: NodeContext,
  handler: LifecycleHandler,
  target: HandlerTarget,
  timeoutSeconds = 0,
): Promise<void> {
  const { exec, httpGet: get, sleep: pause } = handler;
  if (!node.runtime.real) return;
  if (exec !== undefined) {
    const command = exec.command ?? [];
    const result = await node.runtime.execSync(target.containerId, command, timeoutSeconds);
    if (result.exitCode === 0) return;
    throw new Error(
      `command '${command.join(" ")}' exited with ${result.exitCode}: ${result.stderr}`,
    );
  }
  if (get !== undefined) {
    const { ports } = target.container;
    const url = httpTarget(get, ports ?? [], target.podIp);
    const milliseconds = timeoutSeconds > 0 ? timeoutSeconds * 1000 : httpTimeoutMilliseconds;
    const answer = await httpGet(url, milliseconds);
    if (answer.status >= 400) throw new Error(`HTTP status ${answer.status}`);
    return;
  }
  if (pause !== undefined) await sleep(node.clock, pause.seconds * 1000, node.signal);
}
