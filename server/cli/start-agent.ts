/** `kubun agent`: one node on a machine of its own. */
import type { AgentOptions, Nodes } from "#cli/compose.ts";
import { UsageError } from "#cli/verb.ts";
import type { Logger } from "#telemetry/log.ts";

export async function startAgent(_options: AgentOptions, _logger: Logger): Promise<Nodes> {
  throw new UsageError("joining is not wired yet");
}
