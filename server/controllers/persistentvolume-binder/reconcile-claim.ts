/** A claim looks for its volume, or watches over the one it has. */
import { type Effect, event, requeueAfter, update } from "#controllers/effects.ts";
import { isPodTerminal } from "#controllers/pod-conditions.ts";
import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
} from "#gen/api/core/v1.ts";
import type { StorageClass } from "#gen/api/storage/v1.ts";
import {
  bindCompleted,
  classNameOf,
  hasNoClass,
  isReservedFor,
  selectedNode,
} from "#resources/core/v1/claim-binding.ts";
import { defaultClass } from "#resources/storage/v1/default-class.ts";
import { bind, claimStatus, marked } from "./bind.ts";
import {
  boundByController,
  externalProvisioner,
  markOf,
  storageProvisioner,
  storageProvisionerBeta,
} from "./marks.ts";
import { findVolume, mismatch } from "./matching.ts";

/** Upstream's --pvclaimbinder-sync-period: how often what waits is looked at, and told of. */
const syncSeconds = 15;

export interface Storage {
  /** Of the claim's class, and those that refer to the claim. */
  readonly volumes: readonly PersistentVolume[];
  /** The one that the claim names. */
  readonly named: PersistentVolume | undefined;
  readonly classes: readonly StorageClass[];
  /** That use the claim. */
  readonly pods: readonly Pod[];
}

export function reconcileClaim(claim: PersistentVolumeClaim, storage: Storage): readonly Effect[] {
  if (markOf(claim, bindCompleted) !== undefined) return keep(claim, storage.named);
  if ((claim.spec.volumeName ?? "") !== "") return take(claim, storage.named);
  const className = classNameOf(claim);
  const ofClass = storage.classes.find(({ metadata }) => metadata.name === className);
  const delayed = ofClass?.volumeBindingMode === "WaitForFirstConsumer";
  const volume = findVolume(claim, storage.volumes, delayed);
  if (volume !== undefined) return bind(volume, claim);
  return wait(claim, storage, ofClass);
}

function lost(claim: PersistentVolumeClaim, reason: string, message: string): readonly Effect[] {
  if (claim.status?.phase === "Lost") return [];
  return [...claimStatus(claim, "Lost"), event(claim, "Warning", reason, message)];
}

/** Bound once: whatever has gone since is gone for good. */
function keep(
  claim: PersistentVolumeClaim,
  volume: PersistentVolume | undefined,
): readonly Effect[] {
  if ((claim.spec.volumeName ?? "") === "") {
    const message =
      "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!";
    return lost(claim, "ClaimLost", message);
  }
  if (volume === undefined) {
    const message = "Bound claim has lost its PersistentVolume. Data on the volume is lost!";
    return lost(claim, "ClaimLost", message);
  }
  const { claimRef } = volume.spec;
  if (claimRef === undefined || claimRef.uid === claim.metadata.uid) return bind(volume, claim);
  const message = "Two claims are bound to the same volume, this one is bound incorrectly";
  return lost(claim, "ClaimMisbound", message);
}

/** The claim names a volume that it has not got yet. */
function take(
  claim: PersistentVolumeClaim,
  volume: PersistentVolume | undefined,
): readonly Effect[] {
  const pending = claimStatus(claim, "Pending");
  if (volume === undefined) return pending;
  const { name } = volume.metadata;
  if (isReservedFor(volume, claim)) return bind(volume, claim);
  if (volume.spec.claimRef === undefined) {
    const why = mismatch(volume, claim);
    if (why === undefined) return bind(volume, claim);
    const message = `Cannot bind to requested volume "${name}": ${why}`;
    return [event(claim, "Warning", "VolumeMismatch", message), ...pending, again];
  }
  const message = `volume "${name}" already bound to a different claim.`;
  const said = event(claim, "Warning", "FailedBinding", message);
  // Our own choice went wrong: the user's may come right, so that one stays pending.
  if (markOf(claim, boundByController) !== undefined) return [said, again];
  return [said, ...pending, again];
}

const again = requeueAfter(syncSeconds);

/** No volume fits: the class decides who makes one, and when. */
function wait(
  claim: PersistentVolumeClaim,
  { classes, pods }: Storage,
  ofClass: StorageClass | undefined,
): readonly Effect[] {
  const standard = hasNoClass(claim) ? defaultClass(classes) : undefined;
  if (standard !== undefined) {
    const spec = { ...claim.spec, storageClassName: standard.metadata.name };
    return [update(persistentvolumeclaims, { ...claim, spec })];
  }
  const delayed = ofClass?.volumeBindingMode === "WaitForFirstConsumer";
  if (delayed && markOf(claim, selectedNode) === undefined) {
    return [consumerEvent(claim, pods), ...claimStatus(claim, "Pending"), again];
  }
  if (classNameOf(claim) !== "") return provision(claim, ofClass);
  const message = "no persistent volumes available for this claim and no storage class is set";
  const said = event(claim, "Normal", "FailedBinding", message);
  return [said, ...claimStatus(claim, "Pending"), again];
}

function consumerEvent(claim: PersistentVolumeClaim, pods: readonly Pod[]): Effect {
  const unscheduled = pods.filter((it) => !isPodTerminal(it) && (it.spec.nodeName ?? "") === "");
  const names = unscheduled.map(({ metadata }) => metadata.name);
  if (names.length === 0) {
    const message = "waiting for first consumer to be created before binding";
    return event(claim, "Normal", "WaitForFirstConsumer", message);
  }
  const message = `waiting for ${names.length > 1 ? "pods" : "pod"} ${names.join(",")} to be scheduled`;
  return event(claim, "Normal", "WaitForPodScheduled", message);
}

/** Volumes are made by programs outside of us: the claim says by which. */
function provision(
  claim: PersistentVolumeClaim,
  ofClass: StorageClass | undefined,
): readonly Effect[] {
  const failed = (message: string): readonly Effect[] => [
    event(claim, "Warning", "ProvisioningFailed", message),
    again,
  ];
  if (ofClass === undefined) {
    return failed(`storageclass.storage.k8s.io "${classNameOf(claim)}" not found`);
  }
  const name = externalProvisioner(ofClass.provisioner);
  if (name === undefined) return failed(`no volume plugin matched name: ${ofClass.provisioner}`);
  const message =
    `Waiting for a volume to be created either by the external provisioner '${name}' ` +
    "or manually by the system administrator. If volume creation is delayed, please verify that " +
    "the provisioner is running and correctly registered.";
  const said = event(claim, "Normal", "ExternalProvisioning", message);
  if (markOf(claim, storageProvisioner) === name) return [said, again];
  const marks = { [storageProvisioner]: name, [storageProvisionerBeta]: name };
  return [update(persistentvolumeclaims, marked(claim, marks)), said, again];
}
