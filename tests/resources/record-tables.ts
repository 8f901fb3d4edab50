/**
 * Records golden/table-cells.json: the cells that a stock server shows of each object of golden/defaults.json, asked
 * for as a Table while it is created as a dry run. `bun tests/resources/record-tables.ts KUBECONFIG`.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { httpsTransport } from "#client/https-transport.ts";
import { readKubeconfig } from "#client/kubeconfig.ts";
import recorded from "../golden/defaults.json" with { type: "json" };

const [file = ""] = process.argv.slice(2);
const { server, certificateAuthority, certificate, privateKey } = readKubeconfig(
  readFileSync(file, "utf8"),
);
const stop = new AbortController();
const transport = httpsTransport({
  ca: certificateAuthority,
  certificate,
  privateKey,
  signal: stop.signal,
});
const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
const shown: Record<string, unknown> = {};
for (const [index, { path, request }] of recorded.entries()) {
  const headers = { accept, "content-type": "application/json" };
  const init = { method: "POST", headers, body: JSON.stringify(request) };
  const table = JSON.parse(await (await transport(new Request(`${server}${path}`, init))).text());
  if (table.kind === "Table" && table.rows.length === 1) shown[index] = table.rows[0].cells;
}
stop.abort();
const golden = join(import.meta.dirname, "../golden/table-cells.json");
writeFileSync(golden, `${JSON.stringify(shown, null, 1)}\n`);
