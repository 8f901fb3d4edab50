/** The storage of a random cluster: what the scheduler reads of it, what the oracle does, and what happens to it. */
import type { PersistentVolume, PersistentVolumeClaim, Pod, Volume } from "#gen/api/core/v1.ts";
import type { CSINode } from "#gen/api/storage/v1.ts";
import type { SchedulerCache } from "#scheduler/cache.ts";
import type { StorageSource } from "#scheduler/volume-binding.ts";
import type { Cluster, OracleNode } from "./oracle/cluster.ts";
import type { Attachment, Storage } from "./oracle/storage.ts";
import { planVolumes } from "./oracle/volume-binding.ts";
import type { Random } from "./random.ts";
import {
  boundVolume,
  freeVolumes,
  randomCapacities,
  randomClasses,
  randomCsiNodes,
  randomDrivers,
  waitingClaims,
} from "./record/random-storage.ts";

const keyOf = ({ metadata }: PersistentVolumeClaim) => `${metadata.namespace}/${metadata.name}`;

function randomDisk(r: Random): Partial<Volume> {
  const readOnly = r.chance(0.5);
  return r.pick<Partial<Volume>>([
    { gcePersistentDisk: { pdName: r.pick(["d1", "d2"]), readOnly } },
    { awsElasticBlockStore: { volumeID: r.pick(["vol-1", "vol-2"]) } },
    { iscsi: { targetPortal: "1.2.3.4", iqn: r.pick(["iqn.a", "iqn.b"]), lun: 0, readOnly } },
    { rbd: { monitors: r.some(["m1", "m2", "m3"], 0.6).concat("m4"), image: "i", readOnly } },
  ]);
}

export class RandomClaims {
  readonly #r: Random;
  readonly #cache: () => SchedulerCache;
  readonly #claims = new Map<string, PersistentVolumeClaim>();
  readonly #volumes = new Map<string, PersistentVolume>();
  readonly #csiNodes = new Map<string, CSINode>();
  readonly #attachments = new Map<string, Attachment>();
  readonly #fixed: Pick<Storage, "classes" | "drivers" | "capacities">;
  /** Its pods live on volumes. */
  readonly #full: boolean;
  #serial = 0;

  constructor(r: Random, cache: () => SchedulerCache) {
    this.#r = r;
    this.#cache = cache;
    this.#full = r.chance(0.3);
    this.#fixed = {
      classes: randomClasses(r),
      drivers: randomDrivers(r),
      capacities: randomCapacities(r),
    };
  }

  readonly source: StorageSource = {
    claim: (namespace, name) => this.#claims.get(`${namespace}/${name}`),
    volume: (name) => this.#volumes.get(name),
    volumes: () => [...this.#volumes.values()],
    storageClass: (name) => this.#fixed.classes.find(({ metadata }) => metadata.name === name),
    driver: (name) => this.#fixed.drivers.find(({ metadata }) => metadata.name === name),
    capacities: () => this.#fixed.capacities,
  };

  get forOracle(): Storage {
    return {
      ...this.#fixed,
      claims: [...this.#claims.values()],
      volumes: [...this.#volumes.values()],
      csiNodes: [...this.#csiNodes.values()],
      attachments: [...this.#attachments.values()],
    };
  }

  /** What there is from the beginning. */
  fill(nodes: readonly OracleNode["node"][]): void {
    const r = this.#r;
    for (let index = 0; index < 8; index++) {
      const [volume, claim] = boundVolume(r, index);
      this.#volumes.set(volume.metadata.name, volume);
      this.#claims.set(keyOf(claim), claim);
    }
    for (const [index, volume] of freeVolumes(r, nodes).entries()) {
      // Which of two of one size is taken is chance upstream.
      const capacity = { storage: `${1 + r.below(9)}${String(index).padStart(3, "0")}Mi` };
      const spec = { ...volume.spec, capacity };
      this.#volumes.set(volume.metadata.name, { ...volume, spec });
    }
    this.#addWaiting();
    for (const csiNode of randomCsiNodes(r, nodes)) this.#setCsiNode(csiNode);
  }

  #addWaiting(): void {
    for (const claim of waitingClaims(this.#r)) {
      const name = `${claim.metadata.name}-${this.#serial++}`;
      const metadata = { ...claim.metadata, name };
      this.#claims.set(keyOf({ ...claim, metadata }), { ...claim, metadata });
    }
  }

  #setCsiNode(csiNode: CSINode): void {
    this.#csiNodes.set(csiNode.metadata.name, csiNode);
    this.#cache().attached.setNode(csiNode);
  }

  /** The pod with disks and claims now and then; in the namespace of its claims. `stands`: only bound ones will do. */
  withVolumes(pod: Pod, stands: boolean): Pod {
    const r = this.#r;
    if (r.chance(this.#full ? 0.1 : 0.5)) return pod;
    const { namespace } = pod.metadata;
    const own = [...this.#claims.values()].filter(({ metadata, spec }) => {
      const alone = spec.accessModes?.includes("ReadWriteOncePod") === true;
      return metadata.namespace === namespace && !(stands && (alone || !spec.volumeName));
    });
    const volumes: Volume[] = r
      .some(own, this.#full ? 0.7 : 0.25)
      .slice(0, 3)
      .map(({ metadata }) => ({
        name: metadata.name,
        persistentVolumeClaim: { claimName: metadata.name },
      }));
    if (r.chance(0.2)) volumes.push({ name: "disk", ...randomDisk(r) });
    if (!stands && r.chance(0.02))
      volumes.push({ name: "none", persistentVolumeClaim: { claimName: "missing" } });
    if (volumes.length === 0) return pod;
    return { ...pod, spec: { ...pod.spec, volumes: [...(pod.spec.volumes ?? []), ...volumes] } };
  }

  /** Before the pod is bound its claims are: to what the node has for them, or to what is made for them there. */
  settle(pod: Pod, at: OracleNode, cluster: Cluster): void {
    const { bindings, made } = planVolumes(pod, at, cluster);
    for (const [claim, volume] of bindings) this.#bind(claim, volume);
    for (const [claim] of made) {
      const name = `made-${claim.metadata.namespace}-${claim.metadata.name}`;
      const driver =
        claim.spec.storageClassName === "made" ? "made.example.com" : "disk.example.com";
      this.#bind(claim, {
        apiVersion: "v1",
        kind: "PersistentVolume",
        metadata: { name },
        spec: {
          accessModes: claim.spec.accessModes,
          capacity: claim.spec.resources?.requests,
          storageClassName: claim.spec.storageClassName,
          csi: { driver, volumeHandle: name },
        },
        status: { phase: "Available" },
      });
    }
  }

  #bind(claim: PersistentVolumeClaim, volume: PersistentVolume): void {
    const { name, namespace } = claim.metadata;
    this.#volumes.set(volume.metadata.name, {
      ...volume,
      spec: { ...volume.spec, claimRef: { kind: "PersistentVolumeClaim", namespace, name } },
      status: { phase: "Bound" },
    });
    const annotations = { "pv.kubernetes.io/bind-completed": "yes" };
    this.#claims.set(keyOf(claim), {
      ...claim,
      metadata: { ...claim.metadata, annotations },
      spec: { ...claim.spec, volumeName: volume.metadata.name },
      status: { phase: "Bound" },
    });
  }

  /** Limits change, volumes are attached and detached, claims come. */
  disturb(nodes: readonly OracleNode["node"][]): void {
    const r = this.#r;
    const node = nodes[r.below(nodes.length)];
    if (node === undefined) return;
    const what = r.below(5);
    if (what === 0) this.#addWaiting();
    else if (what === 1) {
      const [csiNode] = randomCsiNodes(r, [node]);
      if (csiNode !== undefined) this.#setCsiNode(csiNode);
    } else if (what === 2) {
      this.#csiNodes.delete(node.metadata.name);
      this.#cache().attached.removeNode(node.metadata.name);
    } else if (what === 3) this.#attach(node.metadata.name);
    else this.#detach();
  }

  #attach(nodeName: string): void {
    const all = [...this.#volumes.values()];
    const volume = all[this.#r.below(all.length)];
    const { csi } = volume?.spec ?? {};
    if (volume === undefined || csi === undefined) return;
    const { driver } = csi;
    const name = `a${this.#serial++}`;
    this.#attachments.set(name, { name, nodeName, driver, volume });
    const source = { persistentVolumeName: volume.metadata.name };
    this.#cache().attached.setAttachment(
      {
        apiVersion: "storage.k8s.io/v1",
        kind: "VolumeAttachment",
        metadata: { name },
        spec: { attacher: driver, nodeName, source },
        status: { attached: true },
      },
      { driver, volume: `${driver} ${csi.volumeHandle}` },
    );
  }

  #detach(): void {
    const [name] = this.#attachments.keys();
    if (name === undefined) return;
    this.#attachments.delete(name);
    this.#cache().attached.removeAttachment(name);
  }
}
