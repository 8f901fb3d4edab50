/** Kubeconfig files: the part of one that names a server and proves who asks. */
import { readFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { parse, stringify } from "yaml";
import type { Client } from "./client.ts";
import { createClient } from "./create-client.ts";
import { httpsTransport } from "./https-transport.ts";

/** One context of a kubeconfig; certificates and keys as PEM. */
export interface Kubeconfig {
  /** `https://host:port` */
  readonly server: string;
  readonly certificateAuthority: string;
  readonly certificate?: string | undefined;
  readonly privateKey?: string | undefined;
  readonly token?: string | undefined;
  readonly insecureSkipTlsVerify?: boolean | undefined;
  /** Of context, cluster and user alike when written; default "kubun". */
  readonly name?: string | undefined;
  readonly namespace?: string | undefined;
}

type Section = Readonly<Record<string, unknown>>;

interface ReadOptions {
  /** Where the file lies: paths in it are relative to that. */
  readonly directory?: string | undefined;
  /** Default: current-context. */
  readonly context?: string | undefined;
}

/** Throws Error with what is missing or unreadable. */
export function readKubeconfig(text: string, options: ReadOptions = {}): Kubeconfig {
  const file = sectionOf(parse(text), "the file");
  const name = options.context ?? textOf(file, "current-context") ?? "";
  const context = named(file, "contexts", "context", name);
  const cluster = named(file, "clusters", "cluster", textOf(context, "cluster") ?? "");
  const user = named(file, "users", "user", textOf(context, "user") ?? "");
  const server = textOf(cluster, "server");
  if (server === undefined) throw new Error("the cluster has no server");
  const pem = (section: Section, field: string): string | undefined => {
    const data = textOf(section, `${field}-data`);
    if (data !== undefined) return Buffer.from(data, "base64").toString("utf8");
    return fileOf(textOf(section, field), options.directory);
  };
  return {
    server,
    certificateAuthority: pem(cluster, "certificate-authority") ?? "",
    certificate: pem(user, "client-certificate"),
    privateKey: pem(user, "client-key"),
    token: textOf(user, "token") ?? fileOf(textOf(user, "tokenFile"), options.directory)?.trim(),
    insecureSkipTlsVerify: cluster["insecure-skip-tls-verify"] === true,
    name,
    namespace: textOf(context, "namespace"),
  };
}

export function writeKubeconfig(connection: Kubeconfig): string {
  const { name = "kubun", namespace, server, token, insecureSkipTlsVerify } = connection;
  const ca = base64(connection.certificateAuthority);
  const cluster = {
    server,
    ...(ca === undefined ? {} : { "certificate-authority-data": ca }),
    ...(insecureSkipTlsVerify === true ? { "insecure-skip-tls-verify": true } : {}),
  };
  const certificate = base64(connection.certificate);
  const key = base64(connection.privateKey);
  const user = {
    ...(certificate === undefined ? {} : { "client-certificate-data": certificate }),
    ...(key === undefined ? {} : { "client-key-data": key }),
    ...(token === undefined ? {} : { token }),
  };
  const context = { cluster: name, user: name, ...(namespace === undefined ? {} : { namespace }) };
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster }],
    users: [{ name, user }],
    contexts: [{ name, context }],
    "current-context": name,
  });
}

export function clientFromKubeconfig(
  connection: Kubeconfig,
  { userAgent = "kubun" }: { readonly userAgent?: string } = {},
): Client {
  const { server, certificateAuthority, certificate, privateKey, token } = connection;
  const transport = httpsTransport({
    ca: certificateAuthority === "" ? undefined : certificateAuthority,
    certificate,
    privateKey,
    token,
    insecureSkipTlsVerify: connection.insecureSkipTlsVerify,
  });
  return createClient({ transport, baseUrl: server, userAgent });
}

function base64(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : Buffer.from(text).toString("base64");
}

function sectionOf(value: unknown, what: string): Section {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new Error(`${what} is not a kubeconfig section`);
}

function textOf(section: Section, field: string): string | undefined {
  const value = section[field];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function named(file: Section, list: string, field: string, name: string): Section {
  const entries: unknown = file[list];
  if (!Array.isArray(entries)) throw new Error(`there are no ${list}`);
  const found = entries
    .map((entry) => sectionOf(entry, list))
    .find((entry) => entry["name"] === name);
  if (found === undefined) throw new Error(`there is no ${field} ${JSON.stringify(name)}`);
  return sectionOf(found[field], field);
}

function fileOf(path: string | undefined, directory = "."): string | undefined {
  if (path === undefined) return undefined;
  return readFileSync(isAbsolute(path) ? path : join(directory, path), "utf8");
}
