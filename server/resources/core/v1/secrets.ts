import { type Secret, secrets } from "#gen/api/core/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { keyPairWarnings } from "#resources/warnings/key-pairs.ts";
import { validateSecret, validateSecretUpdate } from "./data-validation.ts";

export const secretResource = defineResource<Secret>({
  ref: secrets,
  warnings: ({ type, data }) => (type === "kubernetes.io/tls" ? keyPairWarnings(data) : []),
  validate: validateSecret,
  validateUpdate: validateSecretUpdate,
  default: (secret) => {
    secret.type ||= "Opaque";
    const texts = Object.entries(secret.stringData ?? {});
    if (texts.length > 0) {
      const bytes = texts.map(
        ([key, text]) => [key, Buffer.from(text).toString("base64")] as const,
      );
      secret.data = { ...secret.data, ...Object.fromEntries(bytes) };
    }
    delete secret.stringData;
  },
  selectableFields: ({ type }) => ({ type: type ?? "" }),
  hasGeneration: false,
  cells: (object, context) => [
    object.metadata.name,
    object.type ?? "",
    Object.keys(object.data ?? {}).length,
    age(object, context),
  ],
});
