/** A certificate through the API: key here, CertificateSigningRequest there, waiting until it is signed. */
import { createHash } from "node:crypto";
import { createSigningRequest, type KeyPair, type Subject } from "#apimachinery/pki.ts";
import { ApiError } from "#apimachinery/status.ts";
import type { Client } from "#client/client.ts";
import { type Clock, sleep } from "#client/clock.ts";
import {
  type CertificateSigningRequest,
  certificatesigningrequests,
} from "#gen/api/certificates/v1.ts";

const pollMilliseconds = 200;

export interface CertificateRequest {
  readonly client: Client;
  readonly clock: Clock;
  readonly subject: Subject;
  readonly signerName: string;
  readonly usages: NonNullable<CertificateSigningRequest["spec"]["usages"]>;
  readonly signal: AbortSignal;
}

/** Throws with the condition's message when the request is denied or fails. */
export async function requestCertificate(options: CertificateRequest): Promise<KeyPair> {
  const { client, clock, subject, signal } = options;
  const { request, privateKey } = await createSigningRequest(subject);
  // The key makes the name: another try with another key is another request.
  const digest = createHash("sha256").update(request).digest("hex").slice(0, 32);
  const created = await client.create(certificatesigningrequests, "", {
    metadata: { name: `node-csr-${digest}` },
    spec: {
      request: Buffer.from(request).toString("base64"),
      signerName: options.signerName,
      usages: [...options.usages],
    },
  });
  let found = created;
  for (;;) {
    signal.throwIfAborted();
    refuseFailed(found);
    const { certificate } = found.status;
    if (certificate !== undefined && certificate !== "") {
      return { certificate: Buffer.from(certificate, "base64").toString("utf8"), privateKey };
    }
    await sleep(clock, pollMilliseconds, signal);
    // A server that restarts while the request waits is asked again; a refusal is final.
    found = await client
      .get(certificatesigningrequests, "", created.metadata.name)
      .catch((error: unknown) => {
        if (error instanceof ApiError) throw error;
        return found;
      });
  }
}

function refuseFailed({ metadata, status }: CertificateSigningRequest): void {
  for (const { type, reason, message } of status.conditions ?? []) {
    if (type === "Denied" || type === "Failed") {
      throw new Error(`certificate request ${metadata.name} ${type}: ${reason} ${message}`);
    }
  }
}
