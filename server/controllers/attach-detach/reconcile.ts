/**
 * Which volumes of CSI drivers are attached to a node: those that its pods use. Attachments are objects that the
 * driver's attacher acts on; the node reads in its status what is attached, and says there what it has mounted.
 */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { create, type Effect, event, patch, remove, requeueAfter } from "#controllers/effects.ts";
import { type Node, nodes, type PersistentVolume, type Pod } from "#gen/api/core/v1.ts";
import { type VolumeAttachment, volumeattachments } from "#gen/api/storage/v1.ts";
import { attachmentName, csiPrefix, mayBeShared, uniqueName } from "./csi.ts";

/** Upstream's maxWaitForUnmountDuration: after it a node that is not healthy is not waited for. */
export const unmountSeconds = 360;
/** Nodes whose agent leaves attaching to us say so. */
const managedMark = "volumes.kubernetes.io/controller-managed-attach-detach";
const outOfService = "node.kubernetes.io/out-of-service";

export interface WantedVolume {
  readonly volume: PersistentVolume;
  /** On this node, that use it. */
  readonly pods: readonly Pod[];
  /** It is attached to these, too. */
  readonly otherNodes: readonly string[];
  /** On those nodes, that use it. */
  readonly otherPods: readonly Pod[];
}

export interface Observed {
  readonly nodeName: string;
  /** undefined: it has gone. */
  readonly node: Node | undefined;
  readonly wanted: readonly WantedVolume[];
  /** To this node, by us. */
  readonly attachments: readonly VolumeAttachment[];
  volumeOf(attachment: VolumeAttachment): PersistentVolume | undefined;
  /** Since when nobody wants an attachment. */
  unwantedSince(attachment: VolumeAttachment): Date;
  /** That the volume is taken was said before. */
  wasTold(volume: PersistentVolume): boolean;
}

const isHealthy = ({ status }: Node): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false;

const isOut = ({ spec }: Node): boolean =>
  spec.taints?.some(({ key }) => key === outOfService) ?? false;

export function reconcile(observed: Observed, now: Date): readonly Effect[] {
  const { node, wanted, nodeName } = observed;
  if (node !== undefined && node.metadata.annotations?.[managedMark] !== "true") return [];
  const known = new Map(observed.attachments.map((one) => [one.metadata.name, one]));
  const wantedNames = new Set<string>();
  const effects: Effect[] = [];
  const reported: string[] = [];
  for (const one of node === undefined ? [] : wanted) {
    const { csi } = one.volume.spec;
    if (csi === undefined) continue;
    const name = attachmentName(csi.volumeHandle, csi.driver, nodeName);
    wantedNames.add(name);
    const attachment = known.get(name);
    if (attachment === undefined) effects.push(...attach(observed, one, name));
    else if (attachment.metadata.deletionTimestamp === undefined) {
      effects.push(...follow(one, attachment, node));
      if (attachment.status.attached) reported.push(uniqueName(one.volume));
    }
  }
  const unwanted = observed.attachments.filter(({ metadata }) => !wantedNames.has(metadata.name));
  const leaving = unwanted.map((one) => detach(observed, one, now));
  reported.push(...leaving.flatMap(({ keep }) => keep));
  // A volume is taken from the report of the node before it is detached, never after.
  const report = node === undefined ? [] : reportOn(node, reported);
  return [...effects, ...report, ...leaving.flatMap((one) => one.effects)];
}

function attach(
  { nodeName, wasTold }: Observed,
  { volume, pods, otherNodes, otherPods }: WantedVolume,
  name: string,
): readonly Effect[] {
  const { csi } = volume.spec;
  if (csi === undefined) return [];
  if (otherNodes.length === 0 || mayBeShared(volume)) {
    const source = { persistentVolumeName: volume.metadata.name };
    const spec = { attacher: csi.driver, nodeName, source };
    return [create(volumeattachments, "", { metadata: { name }, spec }, { existsIsFine: true })];
  }
  if (wasTold(volume)) return [];
  const title = `Multi-Attach error for volume "${volume.metadata.name}"`;
  return pods.map((pod) =>
    event(pod, "Warning", "FailedAttachVolume", `${title} ${takenBy(pod, otherPods)}`),
  );
}

function takenBy({ metadata }: Pod, others: readonly Pod[]): string {
  if (others.length === 0) {
    return "Volume is already exclusively attached to one node and can't be attached to another";
  }
  const near = others.filter((other) => other.metadata.namespace === metadata.namespace);
  const far = others.length - near.length;
  const elsewhere = `${far} pod(s) in different namespaces`;
  if (near.length === 0) return `Volume is already used by ${elsewhere}`;
  const names = near.map((other) => other.metadata.name).join(", ");
  return `Volume is already used by pod(s) ${names}${far > 0 ? ` and ${elsewhere}` : ""}`;
}

/** What has become of an attachment is told to the pods that wait for it. */
function follow(
  { volume, pods }: WantedVolume,
  { status }: VolumeAttachment,
  node: Node | undefined,
): readonly Effect[] {
  const about = `for volume "${volume.metadata.name}"`;
  if (status.attached) {
    if (isReported(node, uniqueName(volume))) return [];
    const message = `AttachVolume.Attach succeeded ${about} `;
    return pods.map((pod) => event(pod, "Normal", "SuccessfulAttachVolume", message));
  }
  const why = status.attachError?.message;
  if (why === undefined) return [];
  const message = `AttachVolume.Attach failed ${about} : ${why}`;
  return pods.map((pod) => event(pod, "Warning", "FailedAttachVolume", message));
}

const isReported = (node: Node | undefined, name: string): boolean =>
  node?.status?.volumesAttached?.some((one) => one.name === name) ?? false;

interface Leaving {
  readonly effects: readonly Effect[];
  /** Still to be reported as attached. */
  readonly keep: readonly string[];
}

function detach(observed: Observed, attachment: VolumeAttachment, now: Date): Leaving {
  const { node, volumeOf } = observed;
  const gone = attachment.metadata.deletionTimestamp !== undefined;
  const volume = volumeOf(attachment);
  const name = volume === undefined ? "" : uniqueName(volume);
  const mounted = node?.status?.volumesInUse?.includes(name) ?? false;
  if (gone) return { effects: [], keep: [] };
  if (node !== undefined && mounted && !isOut(node)) {
    const waited = now.getTime() - observed.unwantedSince(attachment).getTime();
    const left = unmountSeconds - waited / 1000;
    const keep = isReported(node, name) ? [name] : [];
    if (left > 0) return { effects: [requeueAfter(left)], keep };
    if (isHealthy(node)) return { effects: [], keep };
  }
  // The next reconcile, which the node's new status wakes, goes on.
  if (isReported(node, name)) return { effects: [], keep: [] };
  return { effects: [remove(volumeattachments, attachment)], keep: [] };
}

function reportOn(node: Node, names: readonly string[]): readonly Effect[] {
  const known = node.status?.volumesAttached ?? [];
  const others = known.filter(({ name }) => !name.startsWith(csiPrefix));
  const ours = [...new Set(names)].sort().map((name) => ({ name, devicePath: "" }));
  const volumesAttached = [...others, ...ours];
  const inOrder = known.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const next = volumesAttached.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  if (deepEqual(inOrder, next)) return [];
  const target = { namespace: "", name: node.metadata.name, subresource: "status" };
  return [patch(nodes, target, { status: { volumesAttached } }, "application/merge-patch+json")];
}
