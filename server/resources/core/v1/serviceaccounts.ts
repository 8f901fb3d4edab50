import { type ServiceAccount, serviceaccounts } from "#gen/api/core/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

const mountable = "kubernetes.io/enforce-mountable-secrets";

/** Of a secret only the name counts: it is of the account's namespace. */
function keepSecretNames(account: ServiceAccount): void {
  account.secrets = account.secrets?.map(({ name }) => (name ? { name } : {}));
}

export const serviceAccountResource = defineResource<ServiceAccount>({
  ref: serviceaccounts,
  warnings: ({ metadata }, old) =>
    metadata.annotations?.[mountable] === undefined ||
    old?.metadata.annotations?.[mountable] !== undefined
      ? []
      : [
          `metadata.annotations[${mountable}]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets`,
        ],
  hasGeneration: false,
  prepareForCreate: keepSecretNames,
  prepareForUpdate: keepSecretNames,
  cells: (object, context) => [object.metadata.name, age(object, context)],
});
