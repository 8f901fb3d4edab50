/** Every living namespace has the ServiceAccount `default`. */
import { create, type Effect } from "#controllers/effects.ts";
import { type Namespace, type ServiceAccount, serviceaccounts } from "#gen/api/core/v1.ts";

export const serviceAccountName = "default";

export function reconcile(
  namespace: Namespace | undefined,
  account: ServiceAccount | undefined,
): readonly Effect[] {
  if (namespace?.status.phase !== "Active" || account !== undefined) return [];
  const { name } = namespace.metadata;
  const draft = { metadata: { name: serviceAccountName, namespace: name } };
  return [create(serviceaccounts, name, draft, { existsIsFine: true })];
}
