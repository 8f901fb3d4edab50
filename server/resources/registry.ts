/** Every resource that kubun serves: a new one is its file and its line here. */
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import { mutatingAdmissionPolicyResource } from "./admissionregistration/v1/mutatingadmissionpolicies.ts";
import { mutatingAdmissionPolicyBindingResource } from "./admissionregistration/v1/mutatingadmissionpolicybindings.ts";
import { mutatingWebhookConfigurationResource } from "./admissionregistration/v1/mutatingwebhookconfigurations.ts";
import { validatingAdmissionPolicyResource } from "./admissionregistration/v1/validatingadmissionpolicies.ts";
import { validatingAdmissionPolicyBindingResource } from "./admissionregistration/v1/validatingadmissionpolicybindings.ts";
import { validatingWebhookConfigurationResource } from "./admissionregistration/v1/validatingwebhookconfigurations.ts";
import { customResourceDefinitionResource } from "./apiextensions/v1/customresourcedefinitions.ts";
import { apiServiceResource } from "./apiregistration/v1/apiservices.ts";
import { controllerRevisionResource } from "./apps/v1/controllerrevisions.ts";
import { daemonSetResource } from "./apps/v1/daemonsets.ts";
import { deploymentResource } from "./apps/v1/deployments.ts";
import { replicaSetResource } from "./apps/v1/replicasets.ts";
import { statefulSetResource } from "./apps/v1/statefulsets.ts";
import { selfSubjectReviewResource } from "./authentication/v1/selfsubjectreviews.ts";
import { tokenReviewResource } from "./authentication/v1/tokenreviews.ts";
import { localSubjectAccessReviewResource } from "./authorization/v1/localsubjectaccessreviews.ts";
import { selfSubjectAccessReviewResource } from "./authorization/v1/selfsubjectaccessreviews.ts";
import { selfSubjectRulesReviewResource } from "./authorization/v1/selfsubjectrulesreviews.ts";
import { subjectAccessReviewResource } from "./authorization/v1/subjectaccessreviews.ts";
import { horizontalPodAutoscalerV1Resource } from "./autoscaling/v1/horizontalpodautoscalers.ts";
import { horizontalPodAutoscalerResource } from "./autoscaling/v2/horizontalpodautoscalers.ts";
import { cronJobResource } from "./batch/v1/cronjobs.ts";
import { jobResource } from "./batch/v1/jobs.ts";
import { certificateSigningRequestResource } from "./certificates/v1/certificatesigningrequests.ts";
import { clusterTrustBundleResource } from "./certificates/v1/clustertrustbundles.ts";
import { podCertificateRequestResource } from "./certificates/v1/podcertificaterequests.ts";
import { leaseResource } from "./coordination/v1/leases.ts";
import { bindingResource } from "./core/v1/bindings.ts";
import { componentStatusResource } from "./core/v1/componentstatuses.ts";
import { configMapResource } from "./core/v1/configmaps.ts";
import { endpointsResource } from "./core/v1/endpoints.ts";
import { eventResource } from "./core/v1/events.ts";
import { limitRangeResource } from "./core/v1/limitranges.ts";
import { namespaceResource } from "./core/v1/namespaces.ts";
import { nodeResource } from "./core/v1/nodes.ts";
import { persistentVolumeClaimResource } from "./core/v1/persistentvolumeclaims.ts";
import { persistentVolumeResource } from "./core/v1/persistentvolumes.ts";
import { podResource } from "./core/v1/pods.ts";
import { podTemplateResource } from "./core/v1/podtemplates.ts";
import { replicationControllerResource } from "./core/v1/replicationcontrollers.ts";
import { resourceQuotaResource } from "./core/v1/resourcequotas.ts";
import { secretResource } from "./core/v1/secrets.ts";
import { serviceAccountResource } from "./core/v1/serviceaccounts.ts";
import { serviceResource } from "./core/v1/services.ts";
import { endpointSliceResource } from "./discovery/v1/endpointslices.ts";
import { eventsEventResource } from "./events/v1/events.ts";
import { flowSchemaResource } from "./flowcontrol/v1/flowschemas.ts";
import { priorityLevelConfigurationResource } from "./flowcontrol/v1/prioritylevelconfigurations.ts";
import { ingressClassResource } from "./networking/v1/ingressclasses.ts";
import { ingressResource } from "./networking/v1/ingresses.ts";
import { ipAddressResource } from "./networking/v1/ipaddresses.ts";
import { networkPolicyResource } from "./networking/v1/networkpolicies.ts";
import { serviceCIDRResource } from "./networking/v1/servicecidrs.ts";
import { runtimeClassResource } from "./node/v1/runtimeclasses.ts";
import { podDisruptionBudgetResource } from "./policy/v1/poddisruptionbudgets.ts";
import { clusterRoleBindingResource } from "./rbac/v1/clusterrolebindings.ts";
import { clusterRoleResource } from "./rbac/v1/clusterroles.ts";
import { roleBindingResource } from "./rbac/v1/rolebindings.ts";
import { roleResource } from "./rbac/v1/roles.ts";
import { deviceClassResource } from "./resource/v1/deviceclasses.ts";
import { deviceTaintRuleResource } from "./resource/v1/devicetaintrules.ts";
import { resourceClaimResource } from "./resource/v1/resourceclaims.ts";
import { resourceClaimTemplateResource } from "./resource/v1/resourceclaimtemplates.ts";
import { resourceSliceResource } from "./resource/v1/resourceslices.ts";
import type { Resource } from "./resource.ts";
import { priorityClassResource } from "./scheduling/v1/priorityclasses.ts";
import { csiDriverResource } from "./storage/v1/csidrivers.ts";
import { csiNodeResource } from "./storage/v1/csinodes.ts";
import { csiStorageCapacityResource } from "./storage/v1/csistoragecapacities.ts";
import { storageClassResource } from "./storage/v1/storageclasses.ts";
import { volumeAttachmentResource } from "./storage/v1/volumeattachments.ts";
import { volumeAttributesClassResource } from "./storage/v1/volumeattributesclasses.ts";
import { storageVersionMigrationResource } from "./storagemigration/v1/storageversionmigrations.ts";

/** In the order of discovery. */
export const registry: readonly Resource[] = [
  bindingResource,
  componentStatusResource,
  configMapResource,
  endpointsResource,
  eventResource,
  limitRangeResource,
  namespaceResource,
  nodeResource,
  persistentVolumeClaimResource,
  persistentVolumeResource,
  podResource,
  podTemplateResource,
  replicationControllerResource,
  resourceQuotaResource,
  secretResource,
  serviceAccountResource,
  serviceResource,
  apiServiceResource,
  controllerRevisionResource,
  daemonSetResource,
  deploymentResource,
  replicaSetResource,
  statefulSetResource,
  eventsEventResource,
  selfSubjectReviewResource,
  tokenReviewResource,
  localSubjectAccessReviewResource,
  selfSubjectAccessReviewResource,
  selfSubjectRulesReviewResource,
  subjectAccessReviewResource,
  horizontalPodAutoscalerResource,
  horizontalPodAutoscalerV1Resource,
  cronJobResource,
  jobResource,
  certificateSigningRequestResource,
  clusterTrustBundleResource,
  podCertificateRequestResource,
  ingressClassResource,
  ingressResource,
  ipAddressResource,
  networkPolicyResource,
  serviceCIDRResource,
  podDisruptionBudgetResource,
  clusterRoleBindingResource,
  clusterRoleResource,
  roleBindingResource,
  roleResource,
  csiDriverResource,
  csiNodeResource,
  csiStorageCapacityResource,
  storageClassResource,
  volumeAttachmentResource,
  volumeAttributesClassResource,
  mutatingAdmissionPolicyResource,
  mutatingAdmissionPolicyBindingResource,
  mutatingWebhookConfigurationResource,
  validatingAdmissionPolicyResource,
  validatingAdmissionPolicyBindingResource,
  validatingWebhookConfigurationResource,
  customResourceDefinitionResource,
  priorityClassResource,
  leaseResource,
  runtimeClassResource,
  endpointSliceResource,
  deviceClassResource,
  deviceTaintRuleResource,
  resourceClaimResource,
  resourceClaimTemplateResource,
  resourceSliceResource,
  flowSchemaResource,
  priorityLevelConfigurationResource,
  storageVersionMigrationResource,
];

const byPath = new Map(registry.map((resource) => [pathOf(resource.ref), resource] as const));

function pathOf({
  group,
  version,
  plural,
}: Pick<ResourceRef, "group" | "version" | "plural">): string {
  return `${group}/${version}/${plural}`;
}

/** The declaration of a resource by group, version and plural; undefined: not served. */
export function resourceAt(
  place: Pick<ResourceRef, "group" | "version" | "plural">,
): Resource | undefined {
  return byPath.get(pathOf(place));
}
