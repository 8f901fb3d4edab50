import type { PersistentVolumeClaimSpec } from "#gen/api/core/v1.ts";
import { drop } from "#resources/drop.ts";

const snapshots = "snapshot.storage.k8s.io";

/** Other sources than claims and snapshots stand in dataSourceRef alone, and of other namespaces is none. */
export function dropOtherSources(spec: PersistentVolumeClaimSpec): void {
  const { dataSource, dataSourceRef } = spec;
  drop(dataSourceRef, "namespace");
  if (dataSource === undefined) return;
  const { kind, apiGroup = "" } = dataSource;
  const known = apiGroup === "" ? "PersistentVolumeClaim" : "VolumeSnapshot";
  if (kind !== known || (apiGroup !== "" && apiGroup !== snapshots)) drop(spec, "dataSource");
}

/** dataSource and dataSourceRef say the same where neither names a namespace: each fills the other. */
export function normalizeDataSources(spec: PersistentVolumeClaimSpec): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource !== undefined && dataSourceRef === undefined)
    spec.dataSourceRef = { ...dataSource };
  if (dataSource !== undefined || dataSourceRef === undefined) return;
  if ((dataSourceRef.namespace ?? "") !== "") return;
  const { namespace, ...local } = dataSourceRef;
  spec.dataSource = local;
}
