/** Metadata of what a template makes: only labels and annotations reach it. */
import { emptiesOf } from "#apimachinery/codec/empties.ts";
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";
import { validateAnnotations, validateLabels } from "#apimachinery/validate-object-meta.ts";
import type { ObjectMeta } from "#gen/api/meta/v1.ts";

const passed: ReadonlySet<string> = new Set(["annotations", "labels"]);

/** Go's zero is as good as nothing; an empty list is none, and neither is a pointer to 0. */
const isSet = (field: string, value: unknown): boolean =>
  (value ?? "") !== "" && (value !== 0 || field === "deletionGracePeriodSeconds");

export function validateTemplateMeta(checks: FieldChecks, metadata: ObjectMeta, path: Path): void {
  const { labels, annotations, ...others } = metadata;
  checks.add(validateAnnotations(annotations ?? {}, path.child("annotations")));
  checks.add(validateLabels(labels ?? {}, path.child("labels")));
  const present = Object.entries(others).filter(([field, value]) => isSet(field, value));
  // Upstream spells it after its own name of the field.
  for (const field of [...present.map(([name]) => name), ...emptiesOf(metadata)])
    if (!passed.has(field))
      checks.forbidden(path.child(field === "uid" ? "uID" : field), "cannot be set");
}
