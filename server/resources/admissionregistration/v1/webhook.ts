import { emptiesOf, holdsEmpties } from "#apimachinery/codec/empties.ts";
import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { MutatingWebhook, ValidatingWebhook } from "#gen/api/admissionregistration/v1.ts";

const httpsPort = 443;
const timeoutSeconds = 10;

/** Defaults of one webhook, of either kind. */
export function defaultWebhook(webhook: MutatingWebhook | ValidatingWebhook): void {
  webhook.failurePolicy ??= "Fail";
  webhook.matchPolicy ??= "Equivalent";
  webhook.namespaceSelector ??= {};
  webhook.objectSelector ??= {};
  webhook.timeoutSeconds ??= timeoutSeconds;
  const { service } = webhook.clientConfig ?? {};
  if (service !== undefined) service.port ??= httpsPort;
  for (const rule of webhook.rules ?? []) rule.scope ??= "*";
}

interface Hooked {
  readonly webhooks?: readonly unknown[] | undefined;
}

/** Upstream compares to the letter here, and its store holds nothing that is empty. */
export const webhooksDiffer = (now: Hooked, old: Hooked): boolean =>
  emptiesOf(now).includes("webhooks") ||
  holdsEmpties(now.webhooks) ||
  !deepEqual(now.webhooks, old.webhooks);
