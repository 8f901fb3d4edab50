/** HTTP for probes and hooks: one GET, certificates not verified, a bounded piece of the answer. */
import http from "node:http";
import https from "node:https";
import type { ContainerPort, HTTPGetAction } from "#gen/api/core/v1.ts";

export interface HttpTarget {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface HttpAnswer {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: string;
}

/** Upstream reads no more of a probe's answer. */
const bodyBytesMax = 10 * 1024;

/** A number, or the name of one of the container's ports. */
export function portNumber(
  port: number | string,
  ports: readonly ContainerPort[],
): number | undefined {
  if (typeof port === "number") return port;
  const named = ports.find(({ name }) => name === port)?.containerPort;
  return named ?? (/^\d+$/.test(port) ? Number(port) : undefined);
}

export function httpTarget(
  action: HTTPGetAction,
  ports: readonly ContainerPort[],
  podIp: string,
): HttpTarget {
  const port = portNumber(action.port, ports);
  if (port === undefined) throw new Error(`couldn't find port: ${action.port}`);
  const path = action.path ?? "/";
  const headers: Record<string, string> = { "user-agent": "kube-probe/1.37", accept: "*/*" };
  for (const { name, value } of action.httpHeaders ?? []) headers[name.toLowerCase()] = value;
  return {
    scheme: action.scheme === "HTTPS" ? "https" : "http",
    host: action.host === undefined || action.host === "" ? podIp : action.host,
    port,
    path: path.startsWith("/") ? path : `/${path}`,
    headers,
  };
}

export function httpGet(target: HttpTarget, timeoutMilliseconds: number): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const { host, port, path, headers } = target;
    const options = {
      host,
      port,
      path,
      headers,
      agent: false,
      timeout: timeoutMilliseconds,
      rejectUnauthorized: false,
      signal: AbortSignal.timeout(timeoutMilliseconds),
    } as const;
    const module = target.scheme === "https" ? https : http;
    const request = module.get(options, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
        if (body.length > bodyBytesMax) response.destroy();
      });
      const { statusCode = 0 } = response;
      const { location } = response.headers;
      response.on("close", () => resolve({ status: statusCode, location, body }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.on("timeout", () => request.destroy(new Error("timeout")));
  });
}
