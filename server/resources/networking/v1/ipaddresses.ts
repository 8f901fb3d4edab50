import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { canonicalIPFault } from "#apimachinery/ip.ts";
import { isPathSegmentName, validateDeclaredImmutable } from "#apimachinery/validate.ts";
import { type IPAddress, ipaddresses, type ParentReference } from "#gen/api/networking/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { presentSegment } from "./local-reference.ts";

const parentPath = new Path("spec.parentRef");

function validate({ spec }: IPAddress): FieldError[] {
  const checks = new FieldChecks();
  const { parentRef } = spec;
  if (parentRef === undefined) {
    checks.declared.required(parentPath);
    return checks.errors;
  }
  const { group = "", resource, name, namespace = "" } = parentRef;
  if (group !== "") checks.subdomain(parentPath.child("group"), group);
  presentSegment(checks, parentPath.child("resource"), resource);
  presentSegment(checks, parentPath.child("name"), name);
  checks.each(parentPath.child("namespace"), namespace, isPathSegmentName(namespace));
  return checks.errors;
}

function shownParent({ group = "", resource, namespace = "", name }: ParentReference): string {
  const kind = group === "" ? resource : `${resource}.${group}`;
  return [kind.toLowerCase(), ...(namespace === "" ? [] : [namespace]), name].join("/");
}

export const ipAddressResource = defineResource<IPAddress>({
  ref: ipaddresses,
  hasGeneration: false,
  namesAsGiven: true,
  validateName: (name) => {
    const fault = canonicalIPFault(name);
    return fault === undefined ? [] : [fault];
  },
  validate,
  validateUpdate: (object, old) => [
    ...validate(object),
    ...validateDeclaredImmutable(object.spec.parentRef, old.spec.parentRef, parentPath),
  ],
  cells: (object, context) => {
    const { metadata, spec } = object;
    const parent = spec.parentRef === undefined ? "<none>" : shownParent(spec.parentRef);
    // Upstream shows an age without a column for it.
    return [metadata.name, parent, age(object, context)];
  },
});
