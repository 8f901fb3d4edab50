/** Which controllers there are: one line each. */
import type { KeyPair } from "#apimachinery/pki.ts";
import { attachDetach } from "./attach-detach/watches.ts";
import { bootstrapSigner } from "./bootstrap-signer/watches.ts";
import { csrApproving } from "./certificatesigningrequest-approving/watches.ts";
import { csrCleaner } from "./certificatesigningrequest-cleaner/watches.ts";
import { csrSigning } from "./certificatesigningrequest-signing/watches.ts";
import { clusterRoleAggregation } from "./clusterrole-aggregation/watches.ts";
import { clusterTrustBundlePublisher } from "./clustertrustbundle-publisher/watches.ts";
import type { Controller } from "./controller.ts";
import { cronJob } from "./cronjob/watches.ts";
import { daemonSet } from "./daemonset/watches.ts";
import { deployment } from "./deployment/watches.ts";
import { deviceTaintEviction } from "./device-taint-eviction/watches.ts";
import { disruption } from "./disruption/watches.ts";
import { endpointsMirror } from "./endpoints/watches.ts";
import { endpointSlice } from "./endpointslice/watches.ts";
import { endpointSliceMirroring } from "./endpointslicemirroring/watches.ts";
import { ephemeralVolume } from "./ephemeral-volume/watches.ts";
import { garbageCollector } from "./garbage-collector/watches.ts";
import { horizontalPodAutoscaler } from "./horizontal-pod-autoscaler/watches.ts";
import { job } from "./job/watches.ts";
import { legacyTokenCleaner } from "./legacy-serviceaccount-token-cleaner/watches.ts";
import { namespace } from "./namespace/watches.ts";
import { nodeIpam } from "./node-ipam/watches.ts";
import { nodeLifecycle } from "./node-lifecycle/watches.ts";
import { persistentVolumeBinder } from "./persistentvolume-binder/watches.ts";
import { podGarbageCollector } from "./pod-garbage-collector/watches.ts";
import { podCertificateRequestCleaner } from "./podcertificaterequest-cleaner/watches.ts";
import {
  attributesClassProtection,
  claimProtection,
  volumeProtection,
} from "./protection/watches.ts";
import { replicaSet } from "./replicaset/watches.ts";
import { replicationController } from "./replicationcontroller/watches.ts";
import { resourceClaim } from "./resourceclaim/watches.ts";
import { resourceQuota } from "./resourcequota/watches.ts";
import { rootCaCertificatePublisher } from "./root-ca-certificate-publisher/watches.ts";
import { serviceCidr } from "./service-cidr/watches.ts";
import { serviceAccount } from "./serviceaccount/watches.ts";
import { serviceAccountToken } from "./serviceaccount-token/watches.ts";
import { statefulSet } from "./statefulset/watches.ts";
import { storageVersionMigrator } from "./storage-version-migrator/watches.ts";
import { taintEviction } from "./taint-eviction/watches.ts";
import { tokenCleaner } from "./token-cleaner/watches.ts";
import { ttl } from "./ttl/watches.ts";
import { ttlAfterFinished } from "./ttl-after-finished/watches.ts";
import { volumeExpander } from "./volume-expander/watches.ts";

export interface ControllerSettings {
  /** Signs certificates of kubelets; absent: the signing controller does not run. */
  readonly signingAuthority?: KeyPair | undefined;
  /** PEM of the private key that signs the tokens in Secrets; absent: their controller does not run. */
  readonly serviceAccountKey?: string | undefined;
  /** PEM for every namespace's kube-root-ca.crt; absent: its publisher does not run. */
  readonly rootCa?: string | undefined;
  /** Pod addresses of all nodes; default 10.244.0.0/16. */
  readonly clusterCidr?: string | undefined;
}

export function controllersFor(settings: ControllerSettings): readonly Controller[] {
  const { signingAuthority, serviceAccountKey, rootCa, clusterCidr = "10.244.0.0/16" } = settings;
  return [
    deployment,
    replicaSet,
    replicationController,
    daemonSet,
    statefulSet,
    job,
    cronJob,
    disruption,
    horizontalPodAutoscaler,
    garbageCollector,
    namespace,
    serviceAccount,
    ...(serviceAccountKey === undefined ? [] : [serviceAccountToken(serviceAccountKey, rootCa)]),
    legacyTokenCleaner,
    ...(rootCa === undefined
      ? []
      : [rootCaCertificatePublisher(rootCa), clusterTrustBundlePublisher(rootCa)]),
    endpointSlice,
    endpointsMirror,
    endpointSliceMirroring,
    serviceCidr,
    persistentVolumeBinder,
    attachDetach,
    volumeExpander,
    ephemeralVolume,
    claimProtection,
    volumeProtection,
    attributesClassProtection,
    nodeIpam(clusterCidr),
    ttl,
    nodeLifecycle,
    taintEviction,
    deviceTaintEviction,
    podGarbageCollector,
    csrApproving,
    ...(signingAuthority === undefined ? [] : [csrSigning(signingAuthority)]),
    csrCleaner,
    podCertificateRequestCleaner,
    tokenCleaner,
    bootstrapSigner,
    clusterRoleAggregation,
    ttlAfterFinished,
    resourceQuota,
    resourceClaim,
    storageVersionMigrator,
  ];
}
