/** The cells that upstream shows of every kind of object are ours; recorded by record-tables.ts. */
import { expect, test } from "bun:test";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import recorded from "../golden/defaults.json" with { type: "json" };
import golden from "../golden/table-cells.json" with { type: "json" };
import { resourceOfPath } from "./pipeline.ts";

const now = new Date("2026-11-21T09:12:04Z");
const handedOut = /^10\.0\.\d+\.\d+$/;
const uid = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
const moment = /^\d{4}-\d{2}-\d{2}T/;

/** Addresses, node ports, generated names and moments are each server's own. */
function normal(cell: unknown): unknown {
  if (typeof cell !== "string") return cell;
  if (handedOut.test(cell)) return "address";
  if (moment.test(cell)) return "moment";
  return cell
    .replaceAll(uid, "UID")
    .replaceAll(/:3\d{4}\//g, ":PORT/")
    .replace(/^(gen-)(\w{5}|\*)$/, "$1*");
}

/** As the server has it: what was recorded has no times. */
function whole(response: unknown, path: string): KubeObject {
  const object = structuredClone(response) as KubeObject;
  object.metadata.creationTimestamp = now.toISOString().replace(".000", "");
  if (object.metadata.name === "*") object.metadata.name = `${object.metadata.generateName}*`;
  if (path.includes("/namespaces/")) object.metadata.namespace ??= "default";
  return object;
}

for (const [index, cells] of Object.entries(golden as Record<string, unknown[]>)) {
  const base = recorded[Number(index)];
  if (base === undefined) throw new Error(`no object ${index}`);
  const resource = resourceOfPath(base.path);
  test(`${index} ${resource.ref.plural}`, () => {
    const object = whole(base.response, base.path);
    const made = resource.cells?.(object, { now }) ?? [
      object.metadata.name,
      object.metadata.creationTimestamp,
    ];
    expect(made.map(normal)).toEqual(cells.map(normal));
  });
}
