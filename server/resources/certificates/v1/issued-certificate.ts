/** A certificate that a signer puts into the status of a request. */
import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import { type FieldError, invalidValue, Path } from "#apimachinery/field-error.ts";
import type { CertificateSigningRequest } from "#gen/api/certificates/v1.ts";

const path = new Path("status.certificate");
const block = /-----BEGIN ([^-\n]*)-----\r?\n([\s\S]*?)-----END \1-----/g;
/** Whatever it is, a message does not show it. */
const omitted = "<certificate data>";

/** One that is there already is not judged again. */
export function validateIssued(
  { status }: CertificateSigningRequest,
  old: CertificateSigningRequest,
): FieldError[] {
  const certificate = status?.certificate ?? "";
  if (certificate === "" || certificate === old.status?.certificate) return [];
  const fault = faultOf(Buffer.from(certificate, "base64").toString("latin1"));
  return fault === undefined ? [] : [invalidValue(path, omitted, fault)];
}

function faultOf(text: string): string | undefined {
  const blocks = [...text.matchAll(block)];
  if (blocks.length === 0) return "must contain at least one CERTIFICATE PEM block";
  for (const [, type = "", body = ""] of blocks) {
    if (type !== "CERTIFICATE") return `only CERTIFICATE PEM blocks are allowed, found "${type}"`;
    if (body.includes(":")) return "no PEM block headers are permitted";
    try {
      new X509Certificate(Buffer.from(body, "base64"));
    } catch {
      return "x509: malformed certificate";
    }
  }
  return undefined;
}
