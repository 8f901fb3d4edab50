/** certificatesigningrequests/approval: only status.conditions. */
import type { CertificateSigningRequest } from "#gen/api/certificates/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { keepAllBut, ownRules } from "./own-rules.ts";

/** The endpoint decoded both as this kind. */
const statusOf = (object: KubeObject): CertificateSigningRequest["status"] =>
  (object as CertificateSigningRequest).status;

function prepare(object: KubeObject, old: KubeObject): void {
  const conditions = statusOf(object)?.conditions;
  const { metadata } = object;
  keepAllBut(object, old, { metadata, status: { ...statusOf(old), conditions } });
}

export const certificateApproval = ownRules({ prepare });
