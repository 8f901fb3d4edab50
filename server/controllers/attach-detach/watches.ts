import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { Informer } from "#client/informer.ts";
import { objectKey } from "#client/store.ts";
import type { Controller, WatchContext } from "#controllers/controller.ts";
import { byClaim, claimKeyOf, claimKeysOf, claimOfVolume } from "#controllers/pod-claims.ts";
import { isPodTerminal } from "#controllers/pod-conditions.ts";
import { byNode, nodeValues } from "#controllers/pods-by-node.ts";
import {
  type Node,
  nodes,
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
} from "#gen/api/core/v1.ts";
import {
  type CSIDriver,
  csidrivers,
  type VolumeAttachment,
  volumeattachments,
} from "#gen/api/storage/v1.ts";
import { isOurs } from "./csi.ts";
import { reconcile, type WantedVolume } from "./reconcile.ts";

const byVolume = "volume";
const byAttachedNode = "node";

interface Copies {
  readonly pods: Informer<Pod>;
  readonly claims: Informer<PersistentVolumeClaim>;
  readonly volumes: Informer<PersistentVolume>;
  readonly nodes: Informer<Node>;
  readonly drivers: Informer<CSIDriver>;
  readonly attachments: Informer<VolumeAttachment>;
}

function copiesOf({ informers }: WatchContext): Copies {
  return {
    pods: informers.of(pods, { [byClaim]: claimKeysOf, [byNode]: nodeValues }),
    claims: informers.of(persistentvolumeclaims),
    volumes: informers.of(persistentvolumes),
    nodes: informers.of(nodes),
    drivers: informers.of(csidrivers),
    attachments: informers.of(volumeattachments, {
      [byVolume]: ({ spec }) => [spec.source.persistentVolumeName ?? ""],
      [byAttachedNode]: ({ spec }) => [spec.nodeName],
    }),
  };
}

function subscribe(copies: Copies, lookAt: (node: string) => void): void {
  const lookAtPod = (pod: Pod): void => {
    if (claimKeysOf(pod).length > 0) nodeValues(pod).forEach(lookAt);
  };
  const lookAtUsers = (claimKey: string): void => {
    for (const pod of copies.pods.byIndex(byClaim, claimKey)) nodeValues(pod).forEach(lookAt);
  };
  const changedPod = { added: lookAtPod, deleted: lookAtPod };
  copies.pods.onChange({ ...changedPod, updated: (_, pod) => lookAtPod(pod) });
  const changedVolume = (volume: PersistentVolume): void => {
    const key = claimKeyOf(volume);
    if (key !== undefined) lookAtUsers(key);
  };
  copies.volumes.onChange({ added: changedVolume, updated: (_, volume) => changedVolume(volume) });
  // It is bound last, when its volume has long said so.
  const changedClaim = ({ metadata }: PersistentVolumeClaim): void =>
    lookAtUsers(objectKey(metadata.namespace ?? "", metadata.name));
  copies.claims.onChange({ added: changedClaim, updated: (_, claim) => changedClaim(claim) });
  const lookAtAttachment = ({ spec }: VolumeAttachment): void => lookAt(spec.nodeName);
  copies.attachments.onChange({
    added: lookAtAttachment,
    updated: (_, attachment) => lookAtAttachment(attachment),
    deleted(attachment) {
      lookAtAttachment(attachment);
      // Who waits for the volume may have it now.
      const volume = copies.volumes.get("", attachment.spec.source.persistentVolumeName ?? "");
      if (volume !== undefined) changedVolume(volume);
    },
  });
  copies.nodes.onChange({
    added: ({ metadata }) => lookAt(metadata.name),
    updated(old, node) {
      const same =
        deepEqual(old.status?.volumesInUse, node.status?.volumesInUse) &&
        deepEqual(old.status?.volumesAttached, node.status?.volumesAttached) &&
        deepEqual(old.metadata.annotations, node.metadata.annotations) &&
        deepEqual(old.spec.taints, node.spec.taints);
      if (!same) lookAt(node.metadata.name);
    },
    deleted: ({ metadata }) => lookAt(metadata.name),
  });
}

/** The volume behind one of a pod's; undefined: there is none yet, or none that is attached. */
function volumeBehind(
  copies: Copies,
  pod: Pod,
  volume: NonNullable<Pod["spec"]["volumes"]>[number],
): PersistentVolume | undefined {
  const claim = claimOfVolume(pod, volume, (namespace, name) => copies.claims.get(namespace, name));
  if (claim?.status?.phase !== "Bound") return undefined;
  const found = copies.volumes.get("", claim.spec.volumeName ?? "");
  if (found?.spec.csi === undefined || found.spec.claimRef?.uid !== claim.metadata.uid) {
    return undefined;
  }
  const driver = copies.drivers.get("", found.spec.csi.driver);
  return driver?.spec.attachRequired === false ? undefined : found;
}

function wantedOn(copies: Copies, nodeName: string): readonly WantedVolume[] {
  const users = new Map<PersistentVolume, Pod[]>();
  for (const pod of copies.pods.byIndex(byNode, nodeName)) {
    if (isPodTerminal(pod)) continue;
    for (const volume of pod.spec.volumes ?? []) {
      const found = volumeBehind(copies, pod, volume);
      if (found !== undefined) users.set(found, [...(users.get(found) ?? []), pod]);
    }
  }
  return [...users].map(([volume, using]) => {
    const attachments = copies.attachments.byIndex(byVolume, volume.metadata.name);
    const otherNodes = attachments
      .map(({ spec }) => spec.nodeName)
      .filter((name) => name !== nodeName);
    const otherPods = copies.pods
      .byIndex(byClaim, claimKeyOf(volume) ?? "")
      .filter(({ spec }) => otherNodes.includes(spec.nodeName ?? ""));
    return { volume, pods: using, otherNodes, otherPods };
  });
}

export const attachDetach: Controller = {
  name: "attachdetach-controller",
  workers: 4,
  watch(context) {
    const copies = copiesOf(context);
    subscribe(copies, context.enqueue);
    const unwanted = new Map<string, Date>();
    const told = new Set<string>();
    copies.attachments.onChange({ deleted: ({ metadata }) => void unwanted.delete(metadata.name) });
    return (nodeName, now) => {
      const wanted = wantedOn(copies, nodeName);
      const attachments = copies.attachments.byIndex(byAttachedNode, nodeName).filter(isOurs);
      const names = new Set(wanted.map(({ volume }) => volume.metadata.name));
      for (const { metadata, spec } of attachments) {
        const wants = names.has(spec.source.persistentVolumeName ?? "");
        if (wants) unwanted.delete(metadata.name);
        else if (!unwanted.has(metadata.name)) unwanted.set(metadata.name, now);
      }
      const observed = {
        nodeName,
        node: copies.nodes.get("", nodeName),
        wanted,
        attachments,
        volumeOf: ({ spec }: VolumeAttachment) =>
          copies.volumes.get("", spec.source.persistentVolumeName ?? ""),
        unwantedSince: ({ metadata }: VolumeAttachment) => unwanted.get(metadata.name) ?? now,
        wasTold: ({ metadata }: PersistentVolume) => told.has(`${nodeName}/${metadata.name}`),
      };
      const effects = reconcile(observed, now);
      for (const { volume, otherNodes } of wanted) {
        const key = `${nodeName}/${volume.metadata.name}`;
        if (otherNodes.length > 0) told.add(key);
        else told.delete(key);
      }
      return effects;
    };
  },
};
