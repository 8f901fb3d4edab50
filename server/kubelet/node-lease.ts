/** The node's heartbeat: its Lease in kube-node-lease, renewed every ten seconds. */
import { isReason } from "#apimachinery/status.ts";
import { formatMicroTime } from "#apimachinery/time.ts";
import type { Client } from "#client/client.ts";
import { type Clock, sleep } from "#client/clock.ts";
import { type Lease, leases } from "#gen/api/coordination/v1.ts";
import type { Logger } from "#telemetry/log.ts";

/** Upstream's: 40 s, renewed at a quarter. */
const leaseSeconds = 40;
const renewMilliseconds = 10_000;
const retryMilliseconds = 1000;
const namespace = "kube-node-lease";

export interface NodeLeaseOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly nodeName: string;
  readonly nodeUid: string;
  readonly signal: AbortSignal;
}

export async function keepLease(options: NodeLeaseOptions): Promise<void> {
  const { clock, logger, signal, nodeName } = options;
  let lease: Lease | undefined;
  while (!signal.aborted) {
    try {
      lease = await renew(options, lease);
      await sleep(clock, renewMilliseconds, signal);
    } catch (error) {
      lease = undefined;
      if (signal.aborted) return;
      logger.warn("lease not renewed", { node: nodeName, error: String(error) });
      await sleep(clock, retryMilliseconds, signal);
    }
  }
}

async function renew(options: NodeLeaseOptions, known: Lease | undefined): Promise<Lease> {
  const { client, clock, nodeName } = options;
  const renewTime = formatMicroTime(clock.now());
  try {
    const lease = known ?? (await client.get(leases, namespace, nodeName));
    return await client.update(leases, {
      ...lease,
      spec: {
        ...lease.spec,
        holderIdentity: nodeName,
        leaseDurationSeconds: leaseSeconds,
        renewTime,
      },
    });
  } catch (error) {
    if (!isReason(error, "NotFound")) throw error;
    const owner = { apiVersion: "v1", kind: "Node", name: nodeName, uid: options.nodeUid };
    return client.create(leases, namespace, {
      metadata: { name: nodeName, namespace, ownerReferences: [owner] },
      spec: { holderIdentity: nodeName, leaseDurationSeconds: leaseSeconds, renewTime },
    });
  }
}
