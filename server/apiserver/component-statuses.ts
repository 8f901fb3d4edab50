/**
 * ComponentStatus: never stored, asked for anew each time. A component that holds its Lease lives; one without is asked
 * where upstream's listens.
 */
import { request } from "node:https";
import { notFound, refusal } from "#apimachinery/status.ts";
import { parseTime } from "#apimachinery/time.ts";
import { leases } from "#gen/api/coordination/v1.ts";
import { type ComponentStatus, componentstatuses } from "#gen/api/core/v1.ts";
import type { WatchCache } from "#storage/watch-cache.ts";
import type { Call, Handler, ServerContext } from "./call.ts";
import { storedResponse } from "./encoding/entry-response.ts";
import { listResponse } from "./encoding/list-response.ts";
import { checkListing } from "./handlers/list.ts";
import { negotiated } from "./negotiation.ts";
import { getObject } from "./object-reads.ts";
import { selectionOf } from "./selection.ts";
import type { SubresourceHandlers } from "./subresources/registry.ts";

/** A health page is a word; who says more is cut off. */
const messageLengthMax = 10_000;

interface Verdict {
  readonly isHealthy: boolean;
  readonly message: string;
}

const fine: Verdict = { isHealthy: true, message: "ok" };
/** Upstream gives a component twenty seconds; one on this machine answers at once. */
const probeMsMax = 2_000;

/** True: whoever holds the Lease has renewed it in time. */
function holdsLease({ cache, clock }: ServerContext, name: string): boolean {
  const lease = getObject(cache, leases, { namespace: "kube-system", name });
  const { holderIdentity = "", renewTime = "", leaseDurationSeconds = 0 } = lease?.spec ?? {};
  const renewed = parseTime(renewTime);
  if (holderIdentity === "" || renewed === undefined) return false;
  return renewed.getTime() + leaseDurationSeconds * 1000 >= clock().getTime();
}

/** In Go's words, which people know from there. */
function failureText(error: Error, port: number): string {
  const refused = "code" in error && error.code === "ECONNREFUSED";
  return refused ? `dial tcp 127.0.0.1:${port}: connect: connection refused` : error.message;
}

/** Components show certificates of their own making there, which nobody knows. */
function probe(port: number): Promise<Verdict> {
  const url = `https://127.0.0.1:${port}/healthz`;
  const { promise, resolve } = Promise.withResolvers<Verdict>();
  const options = { rejectUnauthorized: false, timeout: probeMsMax, agent: false };
  const asked = request(url, options, (response) => {
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => void chunks.push(chunk));
    response.on("end", () => {
      const message = Buffer.concat(chunks).toString("utf8").slice(0, messageLengthMax);
      resolve({ isHealthy: response.statusCode === 200, message });
    });
    response.on("error", (error) => resolve({ isHealthy: false, message: error.message }));
  });
  asked.on("timeout", () => asked.destroy(new Error("context deadline exceeded")));
  asked.on("error", (error) =>
    resolve({ isHealthy: false, message: `Get "${url}": ${failureText(error, port)}` }),
  );
  asked.end();
  return promise;
}

async function component(server: ServerContext, lease: string, port: number): Promise<Verdict> {
  return holdsLease(server, lease) ? fine : probe(port);
}

async function store(cache: WatchCache): Promise<Verdict> {
  return cache.fresh().then(
    () => fine,
    (error: unknown) => ({ isHealthy: false, message: String(error) }),
  );
}

/** Under upstream's names, which clients know: etcd-0 is the store. */
const components: Readonly<Record<string, (server: ServerContext) => Promise<Verdict>>> = {
  "controller-manager": (server) => component(server, "kube-controller-manager", 10_257),
  scheduler: (server) => component(server, "kube-scheduler", 10_259),
  "etcd-0": ({ cache }) => store(cache),
};

async function statusOf(
  server: ServerContext,
  name: string,
  look: (server: ServerContext) => Promise<Verdict>,
): Promise<ComponentStatus> {
  const { isHealthy, message } = await look(server);
  const condition = { type: "Healthy", status: isHealthy ? "True" : "False", message } as const;
  return {
    apiVersion: "v1",
    kind: "ComponentStatus",
    metadata: { name },
    conditions: [condition],
  };
}

const one: Handler = async (server, call) => {
  negotiated(call);
  const { name } = call.info;
  const look = Object.hasOwn(components, name) ? components[name] : undefined;
  if (look === undefined) throw notFound({ group: "", resource: "componentstatus", name });
  return storedResponse(server, call, 200, await statusOf(server, name, look));
};

function entryOf(object: ComponentStatus) {
  const { group, plural: resource } = componentstatuses;
  return {
    key: { group, resource, namespace: "", name: object.metadata.name },
    object,
    createRevision: 0,
    revision: 0,
    size: 0,
    encoded: (_: string, encode: (what: ComponentStatus) => Uint8Array) => encode(object),
  };
}

/** Whole: neither a limit nor a version means anything here. */
async function all(server: ServerContext, call: Call): Promise<Response> {
  negotiated(call);
  checkListing(call);
  const selection = selectionOf(call.endpoint, "", call.query);
  const found = await Promise.all(
    Object.entries(components).map(([name, look]) => statusOf(server, name, look)),
  );
  const entries = found.map(entryOf).filter(selection.matches);
  return listResponse(server, call, { entries, metadata: {} });
}

async function refuseWatch(): Promise<Response> {
  const kind = componentstatuses.plural;
  const message = `watch is not supported on resources of kind "${kind}"`;
  throw refusal("MethodNotAllowed", message, { kind });
}

export const componentStatuses: SubresourceHandlers = {
  get: one,
  list: all,
  watch: refuseWatch,
};
