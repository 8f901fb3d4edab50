import type { PersistentVolumeClaimSpec } from "#gen/api/core/v1.ts";
import { drop } from "#resources/drop.ts";

const snapshots = "snapshot.storage.k8s.io";

/** What fills a claim, as clients old and new say it; `old`: of the stored claim. */
export function settleDataSources(
  spec: PersistentVolumeClaimSpec,
  old?: PersistentVolumeClaimSpec,
): void {
  // A reference into another namespace belongs to a feature that is off.
  const isElsewhere = (spec.dataSourceRef?.namespace ?? "") !== "";
  if (isElsewhere && old?.dataSourceRef === undefined) drop(spec, "dataSourceRef");
  const isInUse = old?.dataSource !== undefined || old?.dataSourceRef !== undefined;
  if (!isInUse && spec.dataSourceRef === undefined) dropOtherSource(spec);
  normalizeDataSources(spec);
}

/** Whoever knows of dataSource alone has other sources than claims and snapshots ignored, as ever. */
function dropOtherSource(spec: PersistentVolumeClaimSpec): void {
  const { dataSource } = spec;
  if (dataSource === undefined) return;
  const { kind, apiGroup = "" } = dataSource;
  const known = apiGroup === "" ? "PersistentVolumeClaim" : "VolumeSnapshot";
  if (kind !== known || (apiGroup !== "" && apiGroup !== snapshots)) drop(spec, "dataSource");
}

/** dataSource and dataSourceRef say the same where neither names a namespace: each fills the other. */
function normalizeDataSources(spec: PersistentVolumeClaimSpec): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource !== undefined && dataSourceRef === undefined)
    spec.dataSourceRef = { ...dataSource };
  if (dataSource !== undefined || dataSourceRef === undefined) return;
  if ((dataSourceRef.namespace ?? "") !== "") return;
  const { namespace, ...local } = dataSourceRef;
  spec.dataSource = local;
}
