/** Why a swap is skipped here: minutes of other people's programs, which must have been built (KUBUN_PEERS). */
import process from "node:process";
import { hasKubectl } from "#tests/support/cluster.ts";
import { missingPeers } from "#tests/support/peers.ts";

export function skipped(programs: readonly string[]): string {
  const missing = [
    ...(process.env["KUBUN_SWAPS"] === undefined ? ["KUBUN_SWAPS is not set"] : []),
    ...missingPeers(...programs).map((name) => `no stock ${name}`),
    ...(hasKubectl ? [] : ["kubectl is not installed"]),
  ];
  return missing.length === 0 ? "" : ` (skipped: ${missing.join("; ")})`;
}
