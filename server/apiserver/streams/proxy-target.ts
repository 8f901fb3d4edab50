/** Where pods/proxy, services/proxy and nodes/proxy lead: `[scheme:]name[:port]` in the URL, an address on the network. */
import { isIPv6 } from "node:net";
import { badRequest, notFound, refusal } from "#apimachinery/status.ts";
import type { ServerContext } from "#apiserver/call.ts";
import { type Pod, pods, type Service, services } from "#gen/api/core/v1.ts";
import { type EndpointSlice, endpointslices } from "#gen/api/discovery/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";

export interface ProxyName {
  readonly scheme: "http" | "https";
  readonly name: string;
  /** A number or a name; empty: the default one. */
  readonly port: string;
}

export interface ProxyTarget {
  readonly scheme: "http" | "https";
  readonly host: string;
  readonly port: number;
}

const httpPort = 80;

/** Throws BadRequest. */
export function proxyName(text: string): ProxyName {
  const parts = text.split(":");
  const [scheme = "", name = "", port = ""] =
    parts.length === 3 ? parts : ["", parts[0] ?? "", parts[1] ?? ""];
  const known = scheme === "" || scheme === "http" || scheme === "https";
  if (parts.length > 3 || !known || name === "") {
    throw badRequest(`invalid proxy request ${JSON.stringify(text)}`);
  }
  return { scheme: scheme === "https" ? "https" : "http", name, port };
}

function objectOf<T extends KubeObject>(
  { cache }: ServerContext,
  ref: ResourceRef<T>,
  namespace: string,
  name: string,
): T {
  const { group, plural: resource } = ref;
  const entry = cache.get({ group, resource, namespace, name });
  if (entry === undefined) throw notFound({ group, resource, name });
  // Stored under the resource's own key.
  return entry.object as T;
}

/** Throws NotFound, BadRequest. */
export function podTarget(
  server: ServerContext,
  namespace: string,
  { scheme, name, port }: ProxyName,
): ProxyTarget {
  const { spec, status }: Pod = objectOf(server, pods, namespace, name);
  const host = status.podIP ?? "";
  if (host === "") throw badRequest(`pod ${JSON.stringify(name)} has no address yet`);
  const first = spec.containers.flatMap(({ ports = [] }) => ports)[0]?.containerPort;
  const number = port === "" ? (first ?? httpPort) : portNumber(port);
  return { scheme, host: proxyable(host), port: number };
}

function portNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0 && number <= 65_535) return number;
  throw badRequest(`invalid port ${JSON.stringify(text)}`);
}

/** What this server reaches by itself alone must not be reached through it. */
export function proxyable(host: string): string {
  const local = /^(127\.|169\.254\.|0\.0\.0\.0$|::1?$|fe80:)/i.test(host) || host === "localhost";
  if (local) throw badRequest(`address ${host} not allowed`);
  return host;
}

const noService: Pick<Service, "spec"> = { spec: {} };

function serviceOf({ cache }: ServerContext, namespace: string, name: string): Service | undefined {
  const { group, plural: resource } = services;
  // Stored under the resource's own key.
  return cache.get({ group, resource, namespace, name })?.object as Service | undefined;
}

/** One of the Service's ready endpoints. Throws ServiceUnavailable. */
export function serviceTarget(
  server: ServerContext,
  namespace: string,
  { scheme, name, port }: ProxyName,
): ProxyTarget {
  // Upstream asks after endpoints alone: a Service that is not there has none.
  const { spec } = serviceOf(server, namespace, name) ?? noService;
  const ports = spec.ports ?? [];
  const found = ports.find((one) =>
    port === "" ? ports.length === 1 : one.name === port || `${one.port}` === port,
  );
  if (port !== "" && found === undefined) {
    throw refusal(
      "ServiceUnavailable",
      `no service port ${JSON.stringify(port)} found for service ${JSON.stringify(name)}`,
    );
  }
  const targets = slicesOf(server, namespace, name).flatMap((slice) =>
    readyAddresses(slice).flatMap((host) => {
      const target = (slice.ports ?? []).find((one) => (one.name ?? "") === (found?.name ?? ""));
      return target?.port === undefined ? [] : [{ scheme, host, port: target.port }];
    }),
  );
  const chosen = targets[Math.floor(server.randomness.fraction() * targets.length)];
  if (chosen !== undefined) return { ...chosen, host: proxyable(chosen.host) };
  throw refusal("ServiceUnavailable", `no endpoints available for service ${JSON.stringify(name)}`);
}

function slicesOf({ cache }: ServerContext, namespace: string, service: string) {
  const { group, plural: resource } = endpointslices;
  const { entries } = cache.list({ group, resource, namespace });
  return entries
    .map(({ object }) => object as EndpointSlice)
    .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === service);
}

function readyAddresses({ endpoints = [] }: EndpointSlice): readonly string[] {
  return endpoints
    .filter(({ conditions }) => conditions?.ready !== false)
    .flatMap(({ addresses }) => addresses.slice(0, 1));
}

export function hostPort({ host, port }: { readonly host: string; readonly port: number }): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
