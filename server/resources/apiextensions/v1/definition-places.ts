/**
 * Where upstream says that a version's parts are: what all versions have alike stands once, at the top of the
 * definition (the internal form keeps it there), and only what differs stands in each version.
 */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { Path } from "#apimachinery/field-error.ts";
import type { CustomResourceDefinitionVersion } from "#gen/api/apiextensions/v1.ts";

type Version = CustomResourceDefinitionVersion;
const parts = ["schema", "subresources", "additionalPrinterColumns", "selectableFields"] as const;
type Part = (typeof parts)[number];

/** A part of a version, or of all of them. */
export interface Parts {
  readonly version: Version;
  /** Where they are, but for the schema's own name at the top. */
  readonly path: Path;
  readonly schemaPath: Path;
  /** Those that are judged here. */
  has(part: Part): boolean;
  /** Why upstream takes no selectable fields here: its form of the definition has the schema elsewhere. */
  readonly selectableFault: string | undefined;
}

export interface Places {
  readonly each: readonly Parts[];
  /** What all versions have alike; absent: there is no version. */
  readonly top: Parts | undefined;
  /** The versions as a refusal quotes them. */
  readonly quoted: readonly Partial<Version>[];
}

export function placesOf(versions: readonly Version[], path: Path): Places {
  const [first] = versions;
  const alike = new Set(
    parts.filter((part) => versions.every((version) => deepEqual(version[part], first?.[part]))),
  );
  const [schemaAtTop, atTop] = [alike.has("schema"), alike.has("selectableFields")];
  const misplaced = atTop
    ? "may only be set when validations.schema is included"
    : "may only be set when `version.schema.openAPIV3Schema` is not included";
  const isAbsent = first?.schema === undefined;
  const selectableFault =
    schemaAtTop === atTop && !(schemaAtTop && isAbsent) ? undefined : misplaced;
  const each = versions.map((version, index) => {
    const here = path.index(index);
    const has = (part: Part): boolean => !alike.has(part);
    return { version, path: here, schemaPath: here.child("schema"), has, selectableFault };
  });
  const spec = new Path("spec");
  return {
    each,
    top: first && {
      version: first,
      path: spec,
      schemaPath: spec.child("validation"),
      has: (part) => alike.has(part),
      selectableFault,
    },
    quoted: versions.map((version) =>
      Object.fromEntries(Object.entries(version).filter(([name]) => !alike.has(name as Part))),
    ),
  };
}
