import { humanDuration } from "#apimachinery/duration.ts";
import {
  type CertificateSigningRequest,
  certificatesigningrequests,
} from "#gen/api/certificates/v1.ts";
import { age, orNone } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { keepDecision, stampConditions } from "./request-conditions.ts";
import { validateRequestStatus } from "./request-status.ts";
import { validateRequest } from "./request-validation.ts";

function conditionCell({ status }: CertificateSigningRequest): string {
  const has = (type: string): boolean =>
    status?.conditions?.some((condition) => condition.type === type) === true;
  const verdict = has("Denied") ? "Denied" : has("Approved") ? "Approved" : "Pending";
  const failed = has("Failed") ? ",Failed" : "";
  return `${verdict}${failed}${(status?.certificate ?? "") === "" ? "" : ",Issued"}`;
}

export const certificateSigningRequestResource = defineResource<CertificateSigningRequest>({
  ref: certificatesigningrequests,
  validateName: () => [],
  validate: validateRequest,
  validateStatusUpdate: validateRequestStatus,
  prepareForCreate: (request, { user }) => {
    const { spec } = request;
    // Who asks is what the server knows, not what the request says.
    for (const field of ["username", "uid", "groups", "extra"] as const) delete spec[field];
    if (user !== undefined) {
      spec.username = user.name;
      if (user.uid !== "") spec.uid = user.uid;
      spec.groups = [...user.groups];
      const extra = Object.entries(user.extra).map(([key, values]) => [key, [...values]]);
      if (extra.length > 0) spec.extra = Object.fromEntries(extra);
    }
    request.status = {};
  },
  prepareForUpdate: (request, old) => {
    request.spec = old.spec;
    request.status = old.status;
  },
  prepareForStatusUpdate: (request, old, { now }) => {
    request.spec = old.spec;
    keepDecision(request, old);
    stampConditions(request, old, now);
  },
  selectableFields: ({ spec }) => ({ "spec.signerName": spec.signerName }),
  hasGeneration: false,
  cells: (object, context) => {
    const { signerName, username = "", expirationSeconds } = object.spec;
    return [
      object.metadata.name,
      age(object, context),
      orNone(signerName),
      username,
      expirationSeconds === undefined ? "<none>" : humanDuration(expirationSeconds * 1000),
      conditionCell(object),
    ];
  },
});
