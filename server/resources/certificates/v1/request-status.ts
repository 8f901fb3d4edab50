/** What signers and approvers report of a request: conditions, and the certificate itself. */
import { Buffer } from "node:buffer";
import { X509Certificate } from "node:crypto";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import type { CertificateSigningRequest } from "#gen/api/certificates/v1.ts";

const path = new Path("status.certificate");
const conditionsPath = new Path("status.conditions");
/** They are said or not said, never said not to be. */
const finals = ["Approved", "Denied", "Failed"] as const;
const block = /-----BEGIN ([^-\n]*)-----\r?\n([\s\S]*?)-----END \1-----/g;
/** Whatever it is, a message does not show it. */
const omitted = "<certificate data>";

export function validateRequestStatus(
  { status = {} }: CertificateSigningRequest,
  { status: before = {} }: CertificateSigningRequest,
): FieldError[] {
  const checks = new FieldChecks();
  const types = (status.conditions ?? []).map(({ type }) => type);
  for (const [index, { type, status: said }] of (status.conditions ?? []).entries()) {
    const here = conditionsPath.index(index);
    checks.present(here.child("type"), type);
    const isFinal = finals.some((one) => one === type);
    checks.presentOneOf(
      here.child("status"),
      said,
      isFinal ? ["True"] : ["False", "True", "Unknown"],
    );
    if (types.indexOf(type) < index) checks.duplicate(here.child("type"), type);
  }
  if (types.includes("Approved") && types.includes("Denied"))
    checks.declared.invalid(
      conditionsPath,
      "Denied",
      "Approved and Denied conditions are mutually exclusive",
    );
  for (const type of finals)
    if ((before.conditions ?? []).some((one) => one.type === type) && !types.includes(type))
      checks.forbidden(conditionsPath, `updates may not remove a condition of type "${type}"`);
  issued(checks, status.certificate ?? "", before.certificate ?? "");
  return checks.errors;
}

/** One that is there already is not judged again, and stays. */
function issued(checks: FieldChecks, certificate: string, before: string): void {
  if (certificate === before) return;
  if (before !== "") checks.forbidden(path, "updates may not modify existing certificate content");
  const fault = faultOf(Buffer.from(certificate, "base64").toString("latin1"));
  if (certificate !== "" && fault !== undefined) checks.invalid(path, omitted, fault);
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
