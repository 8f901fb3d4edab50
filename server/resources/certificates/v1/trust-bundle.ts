/** Trust anchors in PEM: certificates of authorities, each once. */
import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, type Path, tooLong } from "#apimachinery/field-error.ts";

const bundleBytesMax = 1024 * 1024;
const block = /-----BEGIN ([^-\n]*)-----\r?\n([\s\S]*?)-----END \1-----/g;
/** Secret to messages, as upstream has it. */
const omitted = "<value omitted>";

export function validateTrustBundle(bundle: string, path: Path): FieldError[] {
  if (Buffer.byteLength(bundle) > bundleBytesMax) return [tooLong(path, bundleBytesMax)];
  const checks = new FieldChecks();
  const places = new Map<string, number[]>();
  for (const [index, [, type = "", body = ""]] of [...bundle.matchAll(block)].entries()) {
    const fault = blockFault(type, body);
    if (fault !== undefined) checks.invalid(path, omitted, `entry ${index} ${fault}`);
    const key = body.replaceAll(/\s/g, "");
    places.set(key, [...(places.get(key) ?? []), index]);
  }
  if (checks.errors.length > 0) return checks.errors;
  if (places.size === 0)
    checks.invalid(path, omitted, "at least one trust anchor must be provided");
  for (const indices of places.values())
    if (indices.length > 1)
      checks.invalid(path, omitted, `duplicate trust anchor (indices [${indices.join(" ")}])`);
  return checks.errors;
}

function blockFault(type: string, body: string): string | undefined {
  if (type !== "CERTIFICATE") return `has bad block type: ${type}`;
  if (body.includes(":")) return "has PEM block headers";
  try {
    const certificate = new X509Certificate(Buffer.from(body, "base64"));
    return certificate.ca ? undefined : "does not have the CA bit set";
  } catch {
    return "does not parse as X.509";
  }
}
