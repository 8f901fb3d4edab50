/** A Scale in the form that a request accepts: itself, its metadata alone, or a row of a table. */
import type { Call, ServerContext } from "#apiserver/call.ts";
import { objectResponse } from "#apiserver/encoding/entry-response.ts";
import { described, includeObject, type Table } from "#apiserver/encoding/table.ts";
import { metadataOf } from "#apiserver/encoding/transform.ts";
import { negotiated } from "#apiserver/negotiation.ts";
import type { Scale } from "#gen/api/autoscaling/v1.ts";
import { age } from "#resources/cells.ts";
import type { Column } from "#resources/resource.ts";

/** Upstream's server of custom resources has a table convertor of its own. */
const columnsOf = (custom: boolean): readonly Column[] => [
  { name: "Name", type: "string", format: custom ? "name" : "", priority: 0 },
  { name: "Desired", type: "integer", format: "", priority: 0 },
  { name: "Available", type: "integer", format: "", priority: 0 },
  { name: "Age", type: custom ? "date" : "string", format: "", priority: 0 },
];

function tableOf({ clock }: ServerContext, call: Call, scale: Scale, asVersion: string): Table {
  const include = includeObject(call.query);
  const whole = include === "Object" ? scale : metadataOf(scale, asVersion);
  const { name, resourceVersion } = scale.metadata;
  const cells = [
    name,
    scale.spec?.replicas ?? 0,
    scale.status?.replicas ?? 0,
    age(scale, { now: clock() }),
  ];
  return {
    kind: "Table",
    apiVersion: `meta.k8s.io/${asVersion}`,
    metadata: { resourceVersion },
    columnDefinitions: columnsOf(call.endpoint.custom === true).map(described),
    rows: [{ cells, object: include === "None" ? null : whole }],
  };
}

export function scaleResponse(server: ServerContext, call: Call, scale: Scale): Response {
  const { as, asVersion } = negotiated(call);
  if (as === "table") return objectResponse(call, 200, tableOf(server, call, scale, asVersion));
  if (as === "metadata") return objectResponse(call, 200, metadataOf(scale, asVersion));
  return objectResponse(call, 200, scale);
}
