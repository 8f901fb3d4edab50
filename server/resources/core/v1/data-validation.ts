/** Validation of ConfigMaps and Secrets. */
import { Buffer } from "node:buffer";
import { emptiesOf } from "#apimachinery/codec/empties.ts";
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path, tooLong } from "#apimachinery/field-error.ts";
import { isConfigMapKey, validateImmutable } from "#apimachinery/validate.ts";
import type { ConfigMap, Secret } from "#gen/api/core/v1.ts";

/** Of all values together. */
export const dataBytesMax = 1024 * 1024;

const dataPath = new Path("data");
const immutableSentence = "field is immutable when `immutable` is set";

const base64Bytes = (text: string): number => Buffer.byteLength(text, "base64");

export function validateConfigMap({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const checks = new FieldChecks();
  const binaryPath = new Path("binaryData");
  let bytes = 0;
  for (const [key, text] of Object.entries(data)) {
    checks.each(dataPath.key(key), key, isConfigMapKey(key));
    if (binaryData[key] !== undefined)
      checks.invalid(dataPath.key(key), key, "duplicate of key present in binaryData");
    bytes += Buffer.byteLength(text);
  }
  for (const [key, text] of Object.entries(binaryData)) {
    checks.each(binaryPath.key(key), key, isConfigMapKey(key));
    bytes += base64Bytes(text);
  }
  // Upstream names no field: both together are too much.
  if (bytes > dataBytesMax) checks.add([tooLong(new Path("[]"), dataBytesMax)]);
  return checks.errors;
}

interface Immutable {
  readonly immutable?: boolean | undefined;
}

/** The map itself, or null as one of its bytes, which upstream tells from none. */
const isGivenEmpty = <T extends object>(now: T, field: keyof T & string): boolean =>
  emptiesOf(now).includes(field) || emptiesOf(now[field] ?? {}).length > 0;

function keptImmutable<T extends Immutable & object>(
  now: T,
  old: T,
  fields: readonly (keyof T & string)[],
): FieldError[] {
  const checks = new FieldChecks();
  if (old.immutable !== true) return [];
  if (now.immutable !== true) checks.forbidden(new Path("immutable"), immutableSentence);
  // To the letter: a map without anything in it is not the one that was never there.
  for (const field of fields)
    if (isGivenEmpty(now, field) || !deepEqual(now[field] ?? {}, old[field] ?? {}))
      checks.forbidden(new Path(field), immutableSentence);
  return checks.errors;
}

export function validateConfigMapUpdate(configMap: ConfigMap, old: ConfigMap): FieldError[] {
  return [
    ...keptImmutable(configMap, old, ["data", "binaryData"]),
    ...validateConfigMap(configMap),
  ];
}

const accountAnnotation = "kubernetes.io/service-account.name";

/** Keys that a Secret of the type must have. */
const requiredKeys: Readonly<Record<string, readonly string[]>> = {
  "kubernetes.io/dockercfg": [".dockercfg"],
  "kubernetes.io/dockerconfigjson": [".dockerconfigjson"],
  "kubernetes.io/tls": ["tls.crt", "tls.key"],
};

export function validateSecret({ data = {}, type = "", metadata }: Secret): FieldError[] {
  const checks = new FieldChecks();
  let bytes = 0;
  for (const [key, text] of Object.entries(data)) {
    checks.each(dataPath.key(key), key, isConfigMapKey(key));
    bytes += base64Bytes(text);
  }
  if (bytes > dataBytesMax) checks.add([tooLong(dataPath, dataBytesMax)]);
  for (const key of requiredKeys[type] ?? []) {
    const text = data[key];
    if (text === undefined) checks.required(dataPath.key(key));
    else if (key.startsWith(".docker") && !isJSONObject(text))
      checks.invalid(dataPath.key(key), "<secret contents redacted>", "invalid JSON object");
  }
  if (type === "kubernetes.io/service-account-token")
    checks.present(
      new Path("metadata.annotations").key(accountAnnotation),
      metadata.annotations?.[accountAnnotation],
    );
  if (
    type === "kubernetes.io/basic-auth" &&
    data["username"] === undefined &&
    data["password"] === undefined
  )
    for (const key of ["username", "password"]) checks.required(dataPath.key(key));
  if (type === "kubernetes.io/ssh-auth")
    checks.present(dataPath.key("ssh-privatekey"), data["ssh-privatekey"]);
  return checks.errors;
}

function isJSONObject(base64: string): boolean {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(base64, "base64").toString("utf8"));
    return parsed === null || (typeof parsed === "object" && !Array.isArray(parsed));
  } catch {
    return false;
  }
}

export function validateSecretUpdate(secret: Secret, old: Secret): FieldError[] {
  return [
    ...validateImmutable(secret.type, old.type, new Path("type")),
    ...keptImmutable(secret, old, ["data"]),
    ...validateSecret(secret),
  ];
}
