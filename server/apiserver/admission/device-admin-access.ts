/**
 * Access to devices that others use belongs to administrators: claims ask for it only in namespaces that say
 * so. Upstream judges it in the claims' strategies, which see the namespace; here strategies see their object alone.
 * Source: KEP-5018.
 */
import { forbiddenField, Path } from "#apimachinery/field-error.ts";
import { invalid } from "#apimachinery/status.ts";
import type { AdmissionAttributes, AdmissionPlugin } from "#apiserver/attributes.ts";
import { getObject } from "#apiserver/object-reads.ts";
import { namespaces } from "#gen/api/core/v1.ts";
import {
  type ResourceClaimSpec,
  resourceclaims,
  resourceclaimtemplates,
} from "#gen/api/resource/v1.ts";
import { type AdmissionParts, draftOf } from "./admission-parts.ts";

const label = "resource.kubernetes.io/admin-access";
const sentence = `admin access to devices requires the \`${label}: true\` label on the containing namespace`;

/** What the claim, or the template's claims, ask for. */
function askedIn(attributes: AdmissionAttributes): ResourceClaimSpec | undefined {
  const template = draftOf(attributes, resourceclaimtemplates);
  return template === undefined ? draftOf(attributes, resourceclaims)?.spec : template.spec.spec;
}

export function deviceAdminAccess({ cache }: AdmissionParts): AdmissionPlugin {
  return {
    name: "DeviceAdminAccess",
    concerns: [resourceclaims, resourceclaimtemplates],
    validate(attributes) {
      if (attributes.operation !== "CREATE") return;
      const requests = askedIn(attributes)?.devices?.requests ?? [];
      const first = requests.findIndex(({ exactly }) => exactly?.adminAccess === true);
      if (first < 0) return;
      const namespace = getObject(cache, namespaces, { name: attributes.namespace });
      if (namespace?.metadata.labels?.[label] === "true") return;
      const { group, kind } = attributes.resource.ref;
      // As upstream spells it: the field lies in `exactly`.
      const path = new Path("spec").child("devices", "requests").index(first);
      const error = forbiddenField(path.child("adminAccess"), sentence);
      throw invalid({ group, kind }, attributes.name, [error]);
    },
  };
}
