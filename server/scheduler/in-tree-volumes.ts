/** Volumes of drivers that once were built in count as their CSI drivers' (upstream's csi-translation). */
import type { PersistentVolumeSpec, Volume } from "#gen/api/core/v1.ts";
import type { Labels } from "./predicate.ts";

export interface Handled {
  /** Name of the CSI driver. */
  readonly driver: string;
  /** Equal for one volume, however it is named. */
  readonly handle: string;
}

type Sources = Pick<
  PersistentVolumeSpec,
  "awsElasticBlockStore" | "azureDisk" | "cinder" | "gcePersistentDisk" | "portworxVolume"
>;

interface Migrated {
  readonly provisioner: string;
  readonly driver: string;
  readonly handle: (source: Sources, labels: Labels) => string | undefined;
}

/** Disks of one name differ by zone, or by region; a volume of zones that have no region in common has no handle. */
function diskOfGce(name: string, labels: Labels): string | undefined {
  const label =
    labels["failure-domain.beta.kubernetes.io/zone"] || labels["topology.kubernetes.io/zone"] || "";
  const zones = label.split("__");
  if (zones.length === 1) return `zones/${label}/${name}`;
  const regions = zones.map((zone) => /^([^-]+-[^-]+)-[^-]+$/.exec(zone)?.[1]);
  const [region] = regions;
  if (region === undefined || regions.some((other) => other !== region)) return undefined;
  return `regions/${region}/${name}`;
}

/** Those whose migration is on in every cluster. */
const migrated: readonly Migrated[] = [
  {
    provisioner: "kubernetes.io/aws-ebs",
    driver: "ebs.csi.aws.com",
    // aws://zone/vol-1 and vol-1 are one.
    handle: ({ awsElasticBlockStore }) => awsElasticBlockStore?.volumeID?.split("/").at(-1),
  },
  {
    provisioner: "kubernetes.io/gce-pd",
    driver: "pd.csi.storage.gke.io",
    handle: ({ gcePersistentDisk }, labels) =>
      gcePersistentDisk && diskOfGce(gcePersistentDisk.pdName, labels),
  },
  {
    provisioner: "kubernetes.io/azure-disk",
    driver: "disk.csi.azure.com",
    handle: ({ azureDisk }) => azureDisk?.diskURI,
  },
  {
    provisioner: "kubernetes.io/cinder",
    driver: "cinder.csi.openstack.org",
    handle: ({ cinder }) => cinder?.volumeID,
  },
  {
    provisioner: "kubernetes.io/portworx-volume",
    driver: "pxd.portworx.com",
    handle: ({ portworxVolume }) => portworxVolume?.volumeID,
  },
];

/** The driver and its name of a volume (with a volume's own labels); undefined: nothing that is attached under a limit. */
export function handledVolume(
  source: PersistentVolumeSpec | Volume,
  labels: Labels = {},
): Handled | undefined {
  const { csi } = source;
  if (csi !== undefined)
    return "volumeHandle" in csi ? { driver: csi.driver, handle: csi.volumeHandle } : undefined;
  for (const { driver, handle } of migrated) {
    const found = handle(source, labels);
    if (found !== undefined) return { driver, handle: found };
  }
  return undefined;
}

/** The CSI driver that makes a class's volumes; undefined: none does. */
export function driverOfProvisioner(provisioner: string): string | undefined {
  const known = migrated.find((one) => one.provisioner === provisioner);
  if (known !== undefined) return known.driver;
  return provisioner.startsWith("kubernetes.io/") ? undefined : provisioner;
}
