/** What a pod's volumes and claims ask of nodes, as the lists of numbers that a class holds. */
export interface VolumeLists {
  /** Equal for pods of which the module need not tell the volumes apart. */
  readonly signature: string;
  /** [set that the node must be in, verdict where it is not]. */
  readonly sets: readonly (readonly [set: number, verdict: number])[];
  readonly zones: readonly (readonly [set: number, verdict: number])[];
  readonly devices: readonly (readonly [set: number, verdict: number])[];
  /** Counters that must be 0 on the node. */
  readonly disks: readonly number[];
  /** By CSI driver: the resource of its limit, a counter for each volume. */
  readonly attachments: readonly {
    readonly resource: number;
    readonly counters: readonly number[];
  }[];
  /** Counters that must be 0 everywhere. */
  readonly exclusive: readonly number[];
}
