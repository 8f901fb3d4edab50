import type { Pod, Volume } from "#gen/api/core/v1.ts";
import type { Cluster, Filter } from "./cluster.ts";
import { claimOf, noStorage } from "./storage.ts";

/** May the two volumes not be used on one node at once? */
function clash(a: Volume, b: Volume): boolean {
  const [gce, otherGce] = [a.gcePersistentDisk, b.gcePersistentDisk];
  if (gce && otherGce && gce.pdName === otherGce.pdName)
    return !(gce.readOnly === true && otherGce.readOnly === true);
  const [aws, otherAws] = [a.awsElasticBlockStore, b.awsElasticBlockStore];
  if (aws && otherAws && aws.volumeID === otherAws.volumeID) return true;
  if (a.iscsi && b.iscsi && a.iscsi.iqn === b.iscsi.iqn)
    return !(a.iscsi.readOnly === true && b.iscsi.readOnly === true);
  const [rbd, other] = [a.rbd, b.rbd];
  return (
    rbd !== undefined &&
    other !== undefined &&
    rbd.monitors.some((monitor) => other.monitors.includes(monitor)) &&
    (rbd.pool ?? "rbd") === (other.pool ?? "rbd") &&
    rbd.image === other.image &&
    !(rbd.readOnly === true && other.readOnly === true)
  );
}

/** Claims of the pod that no other pod of the cluster may use, by name. */
function ownClaims(pod: Pod, { storage = noStorage }: Cluster): string[] {
  return (pod.spec.volumes ?? []).flatMap((volume) => {
    const claim = volume.persistentVolumeClaim && claimOf(pod, volume, storage);
    return claim?.spec.accessModes?.includes("ReadWriteOncePod") ? [claim.metadata.name] : [];
  });
}

export const volumeRestrictions: Filter = (pod, at, cluster) => {
  const { volumes = [] } = pod.spec;
  const taken = at.pods.flatMap((other) => other.spec.volumes ?? []);
  if (volumes.some((volume) => taken.some((other) => clash(volume, other))))
    return { reasons: ["node(s) had no available disk"], unresolvable: false };
  const own = ownClaims(pod, cluster);
  if (own.length === 0) return undefined;
  const uses = (other: Pod) =>
    other.metadata.namespace === pod.metadata.namespace &&
    other.spec.volumes?.some(({ persistentVolumeClaim }) =>
      own.includes(persistentVolumeClaim?.claimName ?? ""),
    );
  if (!cluster.nodes.some(({ pods }) => pods.some(uses))) return undefined;
  const reason =
    "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod";
  return { reasons: [reason], unresolvable: false };
};
