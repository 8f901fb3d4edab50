/**
 * Certificates of pods in projected volumes: a key made here, a PodCertificateRequest there, its chain as soon as the
 * signer has answered. Asked for again when the signer says so; until then, and while that waits, the old one serves.
 *
 *   nothing ── request made ──> pending ── Issued ──> held ── beginRefreshAt ──> held and pending ── Issued ──> held
 */
import { createStubRequest } from "#apimachinery/pki.ts";
import { parseTime } from "#apimachinery/time.ts";
import type { Client } from "#client/client.ts";
import { type Clock, sleep } from "#client/clock.ts";
import { findObject } from "#client/find-object.ts";
import { type PodCertificateRequest, podcertificaterequests } from "#gen/api/certificates/v1.ts";
import {
  nodes,
  type Pod,
  type PodCertificateProjection,
  serviceaccounts,
} from "#gen/api/core/v1.ts";
import { ConfigError } from "#kubelet/downward.ts";

/** Most signers answer at once: a start waits so long before it is tried again later. */
const pollMilliseconds = 250;
const pollsMax = 8;

export interface Credentials {
  /** PKCS #8, PEM. */
  readonly privateKey: string;
  /** PEM, the leaf first. */
  readonly chain: string;
}

interface Held extends Credentials {
  readonly refreshAt: number;
}

interface Entry {
  held: Held | undefined;
  pending: { readonly name: string; readonly privateKey: string } | undefined;
  /** The signer's last word: it is not asked again for this pod. */
  refused: string | undefined;
}

export class PodCertificates {
  readonly #client: Client;
  readonly #clock: Clock;
  /** By pod uid, then by the place in its volumes. */
  readonly #entries = new Map<string, Map<string, Entry>>();

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  forget(podUid: string): void {
    this.#entries.delete(podUid);
  }

  /** `place`: which projection of the pod's it is. Throws ConfigError while there is none. */
  async fetch(
    pod: Pod,
    place: string,
    source: PodCertificateProjection,
    nodeName: string,
  ): Promise<Credentials> {
    const uid = pod.metadata.uid ?? "";
    const entries = this.#entries.get(uid) ?? new Map<string, Entry>();
    this.#entries.set(uid, entries);
    const none: Entry = { held: undefined, pending: undefined, refused: undefined };
    const entry = entries.get(place) ?? none;
    entries.set(place, entry);
    if (entry.refused !== undefined) throw new ConfigError(entry.refused);
    const due = (entry.held?.refreshAt ?? 0) <= this.#clock.now().getTime();
    if (due && entry.pending === undefined) {
      entry.pending = await this.#request(pod, source, nodeName);
    }
    for (let poll = 0; entry.pending !== undefined && poll < pollsMax; poll++) {
      await this.#look(pod.metadata.namespace ?? "", entry);
      if (entry.held !== undefined || entry.pending === undefined) break;
      await sleep(this.#clock, pollMilliseconds, AbortSignal.timeout(pollMilliseconds * 2));
    }
    if (entry.refused !== undefined) throw new ConfigError(entry.refused);
    if (entry.held === undefined) {
      throw new ConfigError(`the certificate of signer ${source.signerName} is not issued yet`);
    }
    return entry.held;
  }

  async #request(pod: Pod, source: PodCertificateProjection, nodeName: string) {
    const { name, namespace = "", uid = "" } = pod.metadata;
    const { signerName, keyType, maxExpirationSeconds, userAnnotations } = source;
    const account = pod.spec.serviceAccountName ?? "default";
    const [serviceAccount, node, stub] = await Promise.all([
      this.#client.get(serviceaccounts, namespace, account),
      this.#client.get(nodes, "", nodeName),
      createStubRequest(keyType),
    ]);
    const made = await this.#client.create(podcertificaterequests, namespace, {
      metadata: {
        generateName: "req-",
        ownerReferences: [{ apiVersion: "v1", kind: "Pod", name, uid }],
      },
      spec: {
        signerName,
        podName: name,
        podUID: uid,
        serviceAccountName: account,
        serviceAccountUID: serviceAccount.metadata.uid ?? "",
        nodeName,
        nodeUID: node.metadata.uid ?? "",
        maxExpirationSeconds,
        stubPKCS10Request: Buffer.from(stub.request).toString("base64"),
        unverifiedUserAnnotations: userAnnotations,
      },
    });
    return { name: made.metadata.name, privateKey: stub.privateKey };
  }

  async #look(namespace: string, entry: Entry): Promise<void> {
    if (entry.pending === undefined) return;
    const { name, privateKey } = entry.pending;
    const found = await findObject(this.#client, podcertificaterequests, namespace, name);
    const verdict = found === undefined ? undefined : verdictOf(found);
    // Deleted by somebody: the next look asks anew.
    if (found === undefined || verdict !== undefined) entry.pending = undefined;
    if (found === undefined || verdict === undefined) return;
    if (verdict.type === "Issued") {
      const { certificateChain: chain = "", beginRefreshAt = "" } = found.status ?? {};
      const refreshAt = parseTime(beginRefreshAt)?.getTime() ?? Number.POSITIVE_INFINITY;
      entry.held = { privateKey, chain, refreshAt };
      return;
    }
    const why = `reason=${JSON.stringify(verdict.reason)}, message=${JSON.stringify(verdict.message)}`;
    const word = verdict.type === "Denied" ? "was denied" : "failed";
    entry.refused = `PodCertificateRequest ${namespace}/${name} ${word}, ${why}`;
  }
}

const verdicts = ["Issued", "Denied", "Failed"];

function verdictOf({ status }: PodCertificateRequest) {
  return status?.conditions?.find(({ type }) => verdicts.includes(type));
}
