import {
  type MutatingWebhookConfiguration,
  mutatingwebhookconfigurations,
} from "#gen/api/admissionregistration/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const mutatingWebhookConfigurationResource = defineResource<MutatingWebhookConfiguration>({
  ref: mutatingwebhookconfigurations,
  allowUnconditionalUpdate: false,
  cells: (object, context) => [
    object.metadata.name,
    object.webhooks?.length ?? 0,
    age(object, context),
  ],
});
