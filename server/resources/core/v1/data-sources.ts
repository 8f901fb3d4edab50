import type { PersistentVolumeClaimSpec } from "#gen/api/core/v1.ts";

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
