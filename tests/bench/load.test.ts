import { expect, test } from "bun:test";
import { missingPeers } from "#tests/support/peers.ts";
import { benchLoad, type LoadSize } from "./load.ts";

const missing = missingPeers("etcd", "kube-apiserver", "load");
const why = missing.length === 0 ? "" : ` (skipped: not built here: ${missing.join(", ")})`;
const small: LoadSize = {
  rounds: 1,
  creates: 50,
  pods: 20,
  watchers: 20,
  writes: 40,
  held: { pods: 30, nodes: 5 },
};

test.skipIf(missing.length > 0)(
  `beside the stock server, small${why}`,
  async () => {
    const lines: string[] = [];
    await benchLoad(small, (line) => lines.push(line));
    expect(lines).toHaveLength(11);
    expect(lines[9]).toEndWith("kubun 40, stock 40");
    expect(lines[10]).toMatch(/^memory, 30 pods, 5 nodes +[1-9]\d* MiB +[1-9]\d* MiB/);
  },
  120_000,
);
