/** One try of a probe: exec, HTTP, TCP or gRPC. Never throws: what cannot be reached has failed. */

import net from "node:net";
import { credentials, Client as GrpcClient, status } from "@grpc/grpc-js";
import { messageOf } from "#apimachinery/error-message.ts";
import type { Container, GRPCAction, Probe, TCPSocketAction } from "#gen/api/core/v1.ts";
import { type CriRuntime, RuntimeError } from "#kubelet/cri/runtime.ts";
import { httpGet, httpTarget, portNumber } from "./http-get.ts";

export interface ProbeResult {
  /** undefined: the runtime could not be asked, which says nothing of the container (upstream: Unknown). */
  readonly success: boolean | undefined;
  readonly output: string;
}

export interface ProbeTarget {
  readonly runtime: CriRuntime;
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
}

export async function runProbe(probe: Probe, target: ProbeTarget): Promise<ProbeResult> {
  // Simulated containers have neither processes nor ports: they are as healthy as their state.
  if (!target.runtime.real) return { success: true, output: "" };
  const seconds = probe.timeoutSeconds ?? 1;
  const { exec, httpGet: get, tcpSocket, grpc } = probe;
  try {
    if (exec !== undefined) return await probeExec(exec.command ?? [], seconds, target);
    if (get !== undefined) {
      const url = httpTarget(get, target.container.ports ?? [], target.podIp);
      const { status, body } = await httpGet(url, seconds * 1000);
      if (status >= 200 && status < 400) return { success: true, output: body };
      return { success: false, output: `HTTP probe failed with statuscode: ${status}` };
    }
    if (tcpSocket !== undefined) return await probeTcp(tcpSocket, seconds, target);
    if (grpc !== undefined) return await probeGrpc(grpc, seconds, target);
    return { success: false, output: `missing probe handler for ${target.container.name}` };
  } catch (error) {
    return { success: false, output: messageOf(error) };
  }
}

async function probeExec(
  command: readonly string[],
  seconds: number,
  { runtime, containerId }: ProbeTarget,
): Promise<ProbeResult> {
  try {
    const { exitCode, stdout, stderr } = await runtime.execSync(containerId, command, seconds);
    return { success: exitCode === 0, output: `${stdout}${stderr}` };
  } catch (error) {
    const inTime = !(error instanceof RuntimeError && error.code === status.DEADLINE_EXCEEDED);
    return { success: inTime ? undefined : false, output: String(error) };
  }
}

function probeTcp(
  { host, port }: TCPSocketAction,
  seconds: number,
  { container, podIp }: ProbeTarget,
): Promise<ProbeResult> {
  const number = portNumber(port, container.ports ?? []);
  if (number === undefined) throw new Error(`couldn't find port: ${port}`);
  const address = host === undefined || host === "" ? podIp : host;
  return new Promise((resolve) => {
    const socket = net.connect({ host: address, port: number, timeout: seconds * 1000 });
    const end = (success: boolean, output: string): void => {
      socket.destroy();
      resolve({ success, output });
    };
    socket.on("connect", () => end(true, ""));
    socket.on("timeout", () => end(false, `dial tcp ${address}:${number}: i/o timeout`));
    socket.on("error", (error) => end(false, `dial tcp ${address}:${number}: ${error.message}`));
  });
}

/** grpc.health.v1.HealthCheckResponse{status: SERVING} is these two bytes. */
const serving = Buffer.from([0x08, 0x01]);

function healthRequest(service: string): Buffer {
  const name = Buffer.from(service);
  return name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, name.length]), name]);
}

function probeGrpc(
  { port, service = "" }: GRPCAction,
  seconds: number,
  { podIp }: ProbeTarget,
): Promise<ProbeResult> {
  const client = new GrpcClient(`${podIp}:${port}`, credentials.createInsecure());
  const identity = (bytes: Buffer): Buffer => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest(
      "/grpc.health.v1.Health/Check",
      identity,
      identity,
      healthRequest(service.slice(0, 127)),
      { deadline: Date.now() + seconds * 1000 },
      (error, answer) => {
        client.close();
        if (error !== null) resolve({ success: false, output: error.message });
        else if (answer?.equals(serving) === true) resolve({ success: true, output: "SERVING" });
        else resolve({ success: false, output: "service unhealthy" });
      },
    );
  });
}
