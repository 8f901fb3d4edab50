import { type ControllerRevision, controllerrevisions } from "#gen/api/apps/v1.ts";
import type { OwnerReference } from "#gen/api/meta/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

function ownerCell(owner: OwnerReference | undefined): string {
  if (owner === undefined) return "<none>";
  const group = owner.apiVersion.includes("/") ? `.${owner.apiVersion.split("/")[0]}` : "";
  return `${owner.kind}${group}`.toLowerCase().concat("/", owner.name);
}

export const controllerRevisionResource = defineResource<ControllerRevision>({
  ref: controllerrevisions,
  hasGeneration: false,
  cells: (object, context) => {
    const controller = object.metadata.ownerReferences?.find((owner) => owner.controller === true);
    return [
      object.metadata.name,
      ownerCell(controller),
      object.revision ?? 0,
      age(object, context),
    ];
  },
});
