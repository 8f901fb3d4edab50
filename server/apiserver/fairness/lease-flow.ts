/**
 * Renewals of leases have turns of their own, as upstream's flow schema system-leader-election has seats of its own:
 * a scheduler's would wait behind its hundreds of bindings, and it would lose the lease because it is busy.
 */
export const leasesPath = "/apis/coordination.k8s.io/";

/** No user has a name with such an end. */
export function leaseFlow(user: string): string {
  return `${user}\nleases`;
}
