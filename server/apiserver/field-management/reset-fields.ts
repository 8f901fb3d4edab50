/** Which fields a write to a resource or subresource cannot change (upstream's GetResetFields), so that nobody manages them there. */
import { type FieldSet, setOf } from "#apimachinery/apply/field-set.ts";
import type { Endpoint } from "#apiserver/endpoint.ts";

const nothing: FieldSet = setOf();
const status: FieldSet = setOf(["f:status"]);
const spec: FieldSet = setOf(["f:spec"]);
const specAndMetadata: FieldSet = setOf(["f:spec"], ["f:metadata"]);

/** Groups whose /status keeps the metadata too; in the others it moves with the status. */
const metadataStays = new Set([
  "admissionregistration.k8s.io/validatingadmissionpolicies",
  "apiregistration.k8s.io/apiservices",
  "certificates.k8s.io/podcertificaterequests",
  "flowcontrol.apiserver.k8s.io/flowschemas",
  "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations",
  "networking.k8s.io/servicecidrs",
  "resource.k8s.io/devicetaintrules",
  "resource.k8s.io/resourceclaims",
  "scheduling.k8s.io/podgroups",
  "storage.k8s.io/csinodes",
  "storage.k8s.io/volumeattachments",
  "storagemigration.k8s.io/storageversionmigrations",
]);

/** What does not follow the rules below. By `group/resource` or `group/resource/subresource`. */
const special: Readonly<Record<string, FieldSet>> = {
  "apps/deployments/status": setOf(["f:spec"], ["f:metadata", "f:labels"]),
  "/namespaces/finalize": status,
  "/pods/status": setOf(
    ["f:spec"],
    ["f:metadata", "f:deletionTimestamp"],
    ["f:metadata", "f:ownerReferences"],
  ),
  "certificates.k8s.io/certificatesigningrequests": setOf(["f:spec"], ["f:status"]),
  "certificates.k8s.io/certificatesigningrequests/status": setOf(
    ["f:spec"],
    ["f:status", "f:conditions"],
  ),
  "certificates.k8s.io/certificatesigningrequests/approval": setOf(
    ["f:spec"],
    ["f:status", "f:certificate"],
  ),
};

export function resetFieldsOf({ ref, custom }: Endpoint, subresource: string): FieldSet {
  const id = `${ref.group}/${ref.plural}`;
  const own = special[subresource === "" ? id : `${id}/${subresource}`];
  if (own !== undefined) return own;
  if (subresource === "status")
    return custom === true || metadataStays.has(id) ? specAndMetadata : spec;
  const servesStatus = ref.subresources.some(({ name }) => name === "status");
  return subresource === "" && servesStatus ? status : nothing;
}
