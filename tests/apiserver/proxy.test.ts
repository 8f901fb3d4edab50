/** Requests through the proxy of a pod reach what listens at its address, whatever their method. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { networkInterfaces } from "node:os";
import { pods, serviceaccounts } from "#gen/api/core/v1.ts";
import { openPlane, type Plane } from "#tests/controllers/plane.ts";

/** An address that is not loopback: a proxy does not go there. */
const address = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
const why = address === undefined ? " (skipped: no address but loopback)" : "";

let plane: Plane;
let server: Server;
let base = "";

beforeAll(async () => {
  plane = await openPlane({ controllers: false });
  server = createServer(({ method, url }, response) => response.end(`${method} ${url}`));
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  const { port } = server.address() as AddressInfo;
  base = `/api/v1/namespaces/default/pods/p:${port}/proxy`;
  await plane.client.create(serviceaccounts, "default", { metadata: { name: "default" } });
  const spec = { containers: [{ name: "c", image: "i" }] };
  const pod = await plane.client.create(pods, "default", { metadata: { name: "p" }, spec });
  const status = { ...pod.status, phase: "Running" as const, podIP: address };
  await plane.client.updateStatus(pods, { ...pod, status });
});
afterAll(async () => {
  server.close();
  await plane.close();
});

const withBody = ["DELETE", "OPTIONS", "PATCH", "POST", "PUT"];

test.skipIf(address === undefined)(
  `every method goes through, with and without a path${why}`,
  async () => {
    const ask = async (path: string, method: string): Promise<string> =>
      (await plane.client.raw(`${base}${path}?q=1`, { method })).text();
    for (const method of withBody) {
      expect(await ask("", method)).toBe(`${method} /?q=1`);
      expect(await ask("/a/b", method)).toBe(`${method} /a/b?q=1`);
    }
    expect(await ask("/", "GET")).toBe("GET /?q=1");
  },
);

test.skipIf(address === undefined)(
  `what is read without a slash is sent to the one with it${why}`,
  async () => {
    for (const method of ["GET", "HEAD"]) {
      await expect(plane.client.raw(`${base}?q=1`, { method, redirect: "manual" })).rejects.toThrow(
        "301",
      );
    }
  },
);
