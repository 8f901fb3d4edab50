import type { PersistentVolume, PersistentVolumeSpec, Pod, Volume } from "#gen/api/core/v1.ts";
import type { Cluster, Filter } from "./cluster.ts";
import { claimOf, classOf, noStorage, type Storage, volumeOf } from "./storage.ts";

type Sources = Pick<
  PersistentVolumeSpec,
  "awsElasticBlockStore" | "azureDisk" | "cinder" | "gcePersistentDisk" | "portworxVolume"
>;

const gce = "pd.csi.storage.gke.io";
/** Drivers of volumes that once were built in, by the name of what made them. */
const migrated: Readonly<Record<string, string>> = {
  "kubernetes.io/aws-ebs": "ebs.csi.aws.com",
  "kubernetes.io/gce-pd": gce,
  "kubernetes.io/azure-disk": "disk.csi.azure.com",
  "kubernetes.io/cinder": "cinder.csi.openstack.org",
  "kubernetes.io/portworx-volume": "pxd.portworx.com",
};

/** "driver handle" of a volume that once was built in. */
function builtIn(source: Sources, labels: Readonly<Record<string, string>> = {}): string[] {
  const disk = source.gcePersistentDisk;
  if (disk !== undefined) {
    const zones =
      labels["failure-domain.beta.kubernetes.io/zone"] ?? labels["topology.kubernetes.io/zone"];
    const several = zones?.split("__") ?? [];
    if (several.length < 2) return [`${gce} ${zones ?? ""} ${disk.pdName}`];
    const regions = new Set(several.map((zone) => /^([^-]+-[^-]+)-[^-]+$/.exec(zone)?.[1]));
    const [region] = regions;
    return regions.size > 1 || region === undefined ? [] : [`${gce} in ${region} ${disk.pdName}`];
  }
  const block = source.awsElasticBlockStore;
  if (block !== undefined)
    return [`ebs.csi.aws.com ${block.volumeID.slice(block.volumeID.lastIndexOf("/") + 1)}`];
  const rest = [
    ["disk.csi.azure.com", source.azureDisk?.diskURI],
    ["cinder.csi.openstack.org", source.cinder?.volumeID],
    ["pxd.portworx.com", source.portworxVolume?.volumeID],
  ] as const;
  return rest.flatMap(([driver, handle]) => (handle === undefined ? [] : [`${driver} ${handle}`]));
}

export function attachedName({ spec, metadata }: PersistentVolume): string[] {
  if (spec.csi !== undefined) return [`${spec.csi.driver} ${spec.csi.volumeHandle}`];
  return builtIn(spec, metadata.labels);
}

/** "driver handle" of what the pod's volume attaches to its node. */
function attachedBy(pod: Pod, volume: Volume, storage: Storage): string[] {
  const claim = claimOf(pod, volume, storage);
  if (claim === undefined) return builtIn(volume);
  const bound = volumeOf(claim, storage);
  if (bound !== undefined) return attachedName(bound);
  const { provisioner = "" } = classOf(claim, storage) ?? {};
  if (provisioner === "") return [];
  const { namespace, name } = claim.metadata;
  return [`${migrated[provisioner] ?? provisioner} of claim ${namespace}/${name}`];
}

export function attached(pods: readonly Pod[], { storage = noStorage }: Cluster): Set<string> {
  const names = pods.flatMap((pod) =>
    (pod.spec.volumes ?? []).flatMap((volume) => attachedBy(pod, volume, storage)),
  );
  return new Set(names);
}

const driverOf = (name: string) => name.slice(0, name.indexOf(" "));

export const nodeVolumeLimits: Filter = (pod, { node, pods }, cluster) => {
  const { storage = noStorage } = cluster;
  const csiNode = storage.csiNodes.find(({ metadata }) => metadata.name === node.metadata.name);
  const wanted = attached([pod], cluster);
  const missing = [...wanted]
    .map(driverOf)
    .find(
      (name) =>
        storage.drivers.find(({ metadata }) => metadata.name === name)?.spec
          .preventPodSchedulingIfMissing === true &&
        !csiNode?.spec.drivers.some((driver) => driver.name === name),
    );
  if (missing !== undefined) {
    const reason = `${missing} CSI driver is not installed on the node`;
    return { reasons: [reason], unresolvable: false };
  }
  if (wanted.size === 0 || csiNode === undefined) return undefined;
  const there = attached(pods, cluster);
  for (const { nodeName, driver, volume } of storage.attachments) {
    if (nodeName !== node.metadata.name) continue;
    for (const name of attachedName(volume)) there.add(`${driver}${name.slice(name.indexOf(" "))}`);
  }
  const fresh = [...wanted].filter((name) => !there.has(name));
  for (const { name, allocatable } of csiNode.spec.drivers) {
    const most = allocatable?.count;
    const more = fresh.filter((one) => driverOf(one) === name).length;
    if (most === undefined || more === 0) continue;
    const now = [...there].filter((one) => driverOf(one) === name).length;
    if (now + more > most)
      return { reasons: ["node(s) exceed max volume count"], unresolvable: false };
  }
  return undefined;
};
