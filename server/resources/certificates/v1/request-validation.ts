/** Validation of a CertificateSigningRequest, as it is made: none of its spec changes later. */
import { Buffer } from "node:buffer";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { readRequest } from "#apimachinery/pki.ts";
import type { CertificateSigningRequest } from "#gen/api/certificates/v1.ts";
import { signerName } from "./signer-name.ts";

const specPath = new Path("spec");
/** Shorter certificates would be asked for again all the time; upstream's bound. */
const secondsMin = 600;
const legacySigner = "kubernetes.io/legacy-unknown";

const usages: readonly string[] = [
  ...["any", "cert sign", "client auth", "code signing", "content commitment", "crl sign"],
  ...["data encipherment", "decipher only", "digital signature", "email protection"],
  ...["encipher only", "ipsec end system", "ipsec tunnel", "ipsec user", "key agreement"],
  ...["key encipherment", "microsoft sgc", "netscape sgc", "ocsp signing", "s/mime"],
  ...["server auth", "signing", "timestamping"],
];

export function validateRequest({ spec }: CertificateSigningRequest): FieldError[] {
  const checks = new FieldChecks();
  const { request = "", expirationSeconds, signerName: signer = "" } = spec ?? {};
  const fault = readFault(Buffer.from(request, "base64").toString("utf8"));
  if (fault !== undefined) checks.invalid(specPath.child("request"), request, fault);
  validateUsages(checks, spec?.usages ?? []);
  const signerPath = specPath.child("signerName");
  if (signer === legacySigner)
    checks.invalid(signerPath, signer, "the legacy signerName is not allowed via this API version");
  else if (checks.present(signerPath, signer)) signerName(checks, signerPath, signer);
  if (expirationSeconds !== undefined && expirationSeconds < secondsMin)
    checks.invalid(
      specPath.child("expirationSeconds"),
      expirationSeconds,
      "may not specify a duration less than 600 seconds (10 minutes)",
    );
  return checks.errors;
}

function readFault(pem: string): string | undefined {
  if (!pem.includes("-----BEGIN CERTIFICATE REQUEST-----"))
    return "PEM block type must be CERTIFICATE REQUEST";
  try {
    readRequest(pem);
    return undefined;
  } catch {
    return "is no certificate request";
  }
}

function validateUsages(checks: FieldChecks, given: readonly string[]): void {
  const path = specPath.child("usages");
  if (given.length === 0) checks.required(path);
  for (const [index, usage] of given.entries()) {
    checks.oneOf(path.index(index), usage, usages);
    if (given.indexOf(usage) < index) checks.duplicate(path.index(index), usage);
  }
}
