import {
  type MutatingWebhookConfiguration,
  mutatingwebhookconfigurations,
} from "#gen/api/admissionregistration/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { defaultWebhook, webhooksDiffer } from "./webhook.ts";
import { validateWebhooks, validateWebhooksUpdate } from "./webhook-validation.ts";

export const mutatingWebhookConfigurationResource = defineResource<MutatingWebhookConfiguration>({
  ref: mutatingwebhookconfigurations,
  metaRules: { anyFinalizers: true },
  validate: ({ webhooks = [] }) => validateWebhooks(webhooks),
  validateUpdate: ({ webhooks = [] }, old) => validateWebhooksUpdate(webhooks, old.webhooks ?? []),
  default: ({ webhooks }) => {
    for (const webhook of webhooks ?? []) {
      defaultWebhook(webhook);
      webhook.reinvocationPolicy ??= "Never";
    }
  },
  allowUnconditionalUpdate: false,
  raisesGeneration: webhooksDiffer,
  cells: (object, context) => [
    object.metadata.name,
    object.webhooks?.length ?? 0,
    age(object, context),
  ],
});
