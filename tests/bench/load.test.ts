import { expect, test } from "bun:test";
import { missingPeers } from "#tests/support/peers.ts";
import { benchLoad, type LoadSize } from "./load.ts";

const missing = missingPeers("etcd", "kube-apiserver", "load");
const why = missing.length === 0 ? "" : ` (skipped: not built here: ${missing.join(", ")})`;
const small: LoadSize = { rounds: 1, creates: 50, pods: 20, watchers: 20, writes: 40 };

test.skipIf(missing.length > 0)(
  `beside the stock server, small${why}`,
  async () => {
    const lines: string[] = [];
    await benchLoad(small, (line) => lines.push(line));
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toEndWith("kubun 40, stock 40");
  },
  120_000,
);
