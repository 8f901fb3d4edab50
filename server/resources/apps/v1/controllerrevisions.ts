import { controllerOf } from "#apimachinery/controller-of.ts";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { Path } from "#apimachinery/field-error.ts";
import { validateImmutable } from "#apimachinery/validate.ts";
import { type ControllerRevision, controllerrevisions } from "#gen/api/apps/v1.ts";
import type { OwnerReference } from "#gen/api/meta/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

function ownerCell(owner: OwnerReference | undefined): string {
  if (owner === undefined) return "<none>";
  const group = owner.apiVersion.includes("/") ? `.${owner.apiVersion.split("/")[0]}` : "";
  return `${owner.kind}${group}`.toLowerCase().concat("/", owner.name);
}

function isJsonObject(data: unknown): boolean {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}

function validateRevision({ revision }: ControllerRevision): FieldChecks {
  const checks = new FieldChecks();
  checks.notNegative(new Path("revision"), revision);
  return checks;
}

export const controllerRevisionResource = defineResource<ControllerRevision>({
  ref: controllerrevisions,
  validate: (revision) => {
    const checks = validateRevision(revision);
    if (!isJsonObject(revision.data))
      checks.required(new Path("data"), "data must be a valid JSON object");
    return checks.errors;
  },
  validateUpdate: (revision, old) => [
    ...validateRevision(revision).errors,
    ...validateImmutable(revision.data, old.data, new Path("data")),
  ],
  hasGeneration: false,
  cells: (object, context) => {
    return [
      object.metadata.name,
      ownerCell(controllerOf(object)),
      object.revision ?? 0,
      age(object, context),
    ];
  },
});
