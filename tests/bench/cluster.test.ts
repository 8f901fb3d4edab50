import { expect, test } from "bun:test";
import { benchCluster } from "./cluster.ts";

test("the cluster bench fills its nodes with pods", async () => {
  const lines: string[] = [];
  await benchCluster({ nodes: 3, deployments: 2, replicas: 5 }, (line) => lines.push(line));
  expect(lines[1]).toMatch(/^3 nodes Ready after \d+\.\d s$/);
  expect(lines[2]).toMatch(/^10 pods Running after \d+\.\d s more$/);
}, 120_000);
