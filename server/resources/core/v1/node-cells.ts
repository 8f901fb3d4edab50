/** Cells of a Node's table row. */
import type { Node } from "#gen/api/core/v1.ts";
import { age, orNone } from "#resources/cells.ts";
import type { Cell, CellContext } from "#resources/resource.ts";

const rolePrefix = "node-role.kubernetes.io/";

export function nodeCells(node: Node, context: CellContext): readonly Cell[] {
  const info = node.status?.nodeInfo;
  const architecture = info?.architecture ?? "";
  const kernel = info?.kernelVersion || "<unknown>";
  return [
    node.metadata.name,
    statusCell(node),
    orNone(roles(node).join(",")),
    age(node, context),
    info?.kubeletVersion ?? "",
    address(node, "InternalIP"),
    address(node, "ExternalIP"),
    info?.osImage || "<unknown>",
    architecture === "" ? kernel : `${kernel} (${architecture})`,
    info?.containerRuntimeVersion || "<unknown>",
  ];
}

function statusCell({ spec, status }: Node): string {
  const ready = status?.conditions?.findLast(({ type }) => type === "Ready");
  const state = ready?.status === "True" ? "Ready" : "NotReady";
  const shown = ready === undefined ? "Unknown" : state;
  return spec?.unschedulable === true ? `${shown},SchedulingDisabled` : shown;
}

function roles({ metadata }: Node): string[] {
  const found = new Set<string>();
  for (const [key, value] of Object.entries(metadata.labels ?? {})) {
    if (key.startsWith(rolePrefix)) found.add(key.slice(rolePrefix.length));
    else if (key === "kubernetes.io/role") found.add(value);
  }
  found.delete("");
  return [...found].sort();
}

function address({ status }: Node, type: string): string {
  return status?.addresses?.find((entry) => entry.type === type)?.address ?? "<none>";
}
