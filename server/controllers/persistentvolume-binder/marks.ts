/** Annotations by which binder, scheduler and provisioners talk about claims and volumes, and what they say. */
import type { PersistentVolume, PersistentVolumeClaim } from "#gen/api/core/v1.ts";
import type { StorageClass } from "#gen/api/storage/v1.ts";

/** On a claim: it was bound once; what has gone since is lost. */
export const bindCompleted = "pv.kubernetes.io/bind-completed";
/** On either: we chose the other, not the user; so we may choose again. */
export const boundByController = "pv.kubernetes.io/bound-by-controller";
/** On a claim, by the scheduler: its first pod will run there. */
export const selectedNode = "volume.kubernetes.io/selected-node";
/** On a claim: who is to make a volume for it. */
export const storageProvisioner = "volume.kubernetes.io/storage-provisioner";
export const storageProvisionerBeta = "volume.beta.kubernetes.io/storage-provisioner";
/** On a volume: who made it. */
export const provisionedBy = "pv.kubernetes.io/provisioned-by";
export const migratedTo = "pv.kubernetes.io/migrated-to";
const classBeta = "volume.beta.kubernetes.io/storage-class";
const isDefault = "storageclass.kubernetes.io/is-default-class";
const isDefaultBeta = "storageclass.beta.kubernetes.io/is-default-class";

type Marked = PersistentVolume | PersistentVolumeClaim;

export const markOf = ({ metadata }: Marked, mark: string): string | undefined =>
  metadata.annotations?.[mark];

/** "" for none. */
export function classNameOf(object: Marked): string {
  return markOf(object, classBeta) ?? object.spec.storageClassName ?? "";
}

/** A claim that says nothing, as opposed to one that says none. */
export function hasNoClass(claim: PersistentVolumeClaim): boolean {
  return markOf(claim, classBeta) === undefined && claim.spec.storageClassName === undefined;
}

/** Of several the youngest. */
export function defaultClass(classes: readonly StorageClass[]): StorageClass | undefined {
  const bornOf = ({ metadata }: StorageClass): string => metadata.creationTimestamp ?? "";
  return classes
    .filter(({ metadata: { annotations } }) =>
      [isDefault, isDefaultBeta].some((mark) => annotations?.[mark] === "true"),
    )
    .toSorted((a, b) => {
      if (bornOf(a) !== bornOf(b)) return bornOf(a) > bornOf(b) ? -1 : 1;
      return a.metadata.name < b.metadata.name ? -1 : 1;
    })[0];
}

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
