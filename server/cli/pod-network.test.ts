import { expect, test } from "bun:test";
import { openWatchCache } from "#storage/cache.ts";
import { openMemoryStorage } from "#storage/memory/memory.ts";
import { freePodCidr, podNetwork } from "./pod-network.ts";

test("the first range in which the machine has no address", () => {
  expect(freePodCidr(["192.0.2.2", "fe80::1"])).toBe("10.244.0.0/16");
  expect(freePodCidr(["10.244.3.1"])).toBe("10.245.0.0/16");
  expect(freePodCidr(["10.244.0.1", "10.245.0.1"])).toBe("10.246.0.0/16");
});

test("a choice stays, although the cluster's own bridge lies in it by then; what is asked for wins", async () => {
  const storage = openMemoryStorage();
  const cache = await openWatchCache(storage);
  expect(await podNetwork(cache, undefined, ["10.244.0.1"])).toBe("10.245.0.0/16");
  expect(await podNetwork(cache, undefined, ["10.245.0.1"])).toBe("10.245.0.0/16");
  expect(await podNetwork(cache, "172.30.0.0/16", [])).toBe("172.30.0.0/16");
  await cache.close();
  await storage.close();
});
