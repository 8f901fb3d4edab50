/** Annotations by which binder and provisioners talk about claims and volumes. */
import type { PersistentVolume, PersistentVolumeClaim } from "#gen/api/core/v1.ts";

/** On either: we chose the other, not the user; so we may choose again. */
export const boundByController = "pv.kubernetes.io/bound-by-controller";
/** On a claim: who is to make a volume for it. */
export const storageProvisioner = "volume.kubernetes.io/storage-provisioner";
export const storageProvisionerBeta = "volume.beta.kubernetes.io/storage-provisioner";
/** On a volume: who made it. */
export const provisionedBy = "pv.kubernetes.io/provisioned-by";
export const migratedTo = "pv.kubernetes.io/migrated-to";

type Marked = PersistentVolume | PersistentVolumeClaim;

export const markOf = ({ metadata }: Marked, mark: string): string | undefined =>
  metadata.annotations?.[mark];

/** In-tree names whose work CSI drivers do. */
const driverOf: Readonly<Record<string, string>> = {
  "kubernetes.io/aws-ebs": "ebs.csi.aws.com",
  "kubernetes.io/azure-disk": "disk.csi.azure.com",
  "kubernetes.io/azure-file": "file.csi.azure.com",
  "kubernetes.io/cinder": "cinder.csi.openstack.org",
  "kubernetes.io/gce-pd": "pd.csi.storage.gke.io",
  "kubernetes.io/portworx-volume": "pxd.portworx.com",
  "kubernetes.io/vsphere-volume": "csi.vsphere.vmware.com",
};

/** Who is outside of us and may make or remove volumes; undefined: it would have to be built in. */
export function externalProvisioner(name: string): string | undefined {
  return driverOf[name] ?? (name.startsWith("kubernetes.io/") ? undefined : name);
}
