/**
 * Where upstream says that a version's parts are: what all versions have alike stands once, at the top of the
 * definition (the internal form keeps it there), and only what differs stands in each version.
 */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { Path } from "#apimachinery/field-error.ts";
import type { CustomResourceDefinitionVersion } from "#gen/api/apiextensions/v1.ts";

/** Absent: another version already spoke for this one. */
export interface VersionPlaces {
  readonly schema: Path | undefined;
  readonly subresources: Path | undefined;
  readonly columns: Path | undefined;
  readonly selectable: Path | undefined;
  /** Why upstream takes no selectable fields there: its form of the definition has the schema elsewhere. */
  readonly selectableFault: string | undefined;
}

const parts = ["schema", "subresources", "additionalPrinterColumns", "selectableFields"] as const;
const tops = {
  schema: "validation",
  subresources: "subresources",
  additionalPrinterColumns: "additionalPrinterColumns",
  selectableFields: "selectableFields",
} as const;

export function placesOf(
  versions: readonly CustomResourceDefinitionVersion[],
  path: Path,
): readonly VersionPlaces[] {
  const [first] = versions;
  const alike = new Set(
    parts.filter((part) => versions.every((version) => deepEqual(version[part], first?.[part]))),
  );
  const [schemaAtTop, atTop] = [alike.has("schema"), alike.has("selectableFields")];
  const misplaced = atTop
    ? "may only be set when validations.schema is included"
    : "may only be set when `version.schema.openAPIV3Schema` is not included";
  return versions.map((_, index) => {
    const place = (part: (typeof parts)[number]): Path | undefined => {
      if (!alike.has(part)) return path.index(index).child(part);
      return index === 0 ? new Path("spec").child(tops[part]) : undefined;
    };
    return {
      schema: place("schema")?.child("openAPIV3Schema"),
      subresources: place("subresources"),
      columns: place("additionalPrinterColumns"),
      selectable: place("selectableFields"),
      selectableFault: schemaAtTop === atTop ? undefined : misplaced,
    };
  });
}
