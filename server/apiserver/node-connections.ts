/**
 * Requests to nodes' own HTTPS endpoints (upstream: kubelet, port 10250), with the API server's client
 * certificate. Nodes sign their serving certificates themselves unless an authority is given, as upstream's
 * --kubelet-certificate-authority.
 */

import type { IncomingMessage } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { connect as tlsConnect } from "node:tls";
import { messageOf } from "#apimachinery/error-message.ts";
import { badRequest, refusal } from "#apimachinery/status.ts";
import type { Node } from "#gen/api/core/v1.ts";
import { connected } from "#streaming/connected.ts";
import { requestUpgrade, type UpgradeRequest } from "#streaming/upgrade.ts";
import type { UpgradedSocket } from "./streams/forward.ts";

export interface NodeConnectionParts {
  /** PEM: the client certificate that nodes know the API server by. */
  readonly certificate: string;
  readonly privateKey: string;
  readonly certificateAuthority?: string | undefined;
}

export interface NodeEndpoint {
  readonly host: string;
  readonly port: number;
}

export interface NodeConnections {
  /** Resolves when the node's headers are in. Rejects with ApiError when it cannot be reached. */
  open(
    endpoint: NodeEndpoint,
    path: string,
    options: {
      readonly method: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: Uint8Array | undefined;
    },
  ): Promise<IncomingMessage>;
  /** Asks for another protocol; resolves with the node's answer, whatever it is. */
  upgrade(endpoint: NodeEndpoint, request: Omit<UpgradeRequest, "host">): Promise<UpgradedSocket>;
}

/** Upstream's --kubelet-preferred-address-types. */
const addressTypes = ["Hostname", "InternalDNS", "InternalIP", "ExternalDNS", "ExternalIP"];
const defaultPort = 10_250;
const connectTimeoutMs = 10_000;

/** Where the node listens. Throws BadRequest where it says nothing. */
export function nodeEndpoint({ metadata, status }: Node): NodeEndpoint {
  const addresses = status?.addresses ?? [];
  // A host name is often known to nobody but the node: an address that routes is better.
  const preferred = ["InternalIP", ...addressTypes];
  for (const wanted of preferred) {
    const found = addresses.find(({ type }) => type === wanted);
    if (found === undefined) continue;
    return {
      host: found.address,
      port: status?.daemonEndpoints?.kubeletEndpoint?.Port || defaultPort,
    };
  }
  throw badRequest(`no preferred addresses found for node ${JSON.stringify(metadata.name)}`);
}

export function openNodeConnections(parts: NodeConnectionParts): NodeConnections {
  const { certificate, privateKey, certificateAuthority } = parts;
  const identity = {
    cert: certificate,
    key: privateKey,
    rejectUnauthorized: certificateAuthority !== undefined,
    ...(certificateAuthority === undefined ? {} : { ca: certificateAuthority }),
  };
  const agent = new Agent({ keepAlive: true, ...identity });
  return {
    async upgrade({ host, port }, request) {
      const failed = (error: unknown): Error => {
        const why = messageOf(error);
        return refusal("InternalError", `error dialing backend: ${host}:${port}: ${why}`);
      };
      const socket = tlsConnect({ host, port, ...identity });
      await connected(socket, "secureConnect", connectTimeoutMs).catch((error: unknown) => {
        throw failed(error);
      });
      const answer = await requestUpgrade(socket, { ...request, host: `${host}:${port}` }).catch(
        (error: unknown) => {
          socket.destroy();
          throw failed(error);
        },
      );
      return { socket, answer };
    },
    open: ({ host, port }, path, { method, headers, body }) =>
      new Promise((resolve, reject) => {
        const asked = httpsRequest({ agent, host, port, path, method, headers: { ...headers } });
        const timer = setTimeout(
          () => asked.destroy(new Error("the node did not answer in time")),
          connectTimeoutMs,
        );
        asked.once("response", (answer) => {
          clearTimeout(timer);
          resolve(answer);
        });
        asked.once("error", (error) => {
          clearTimeout(timer);
          const message = `Get "https://${host}:${port}${path}": ${error.message}`;
          reject(refusal("InternalError", message));
        });
        asked.end(body);
      }),
  };
}
