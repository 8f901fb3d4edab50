/** What merging must know of a kind that is asked or written through another resource, and has one version alone. */
import { setOf } from "#apimachinery/apply/field-set.ts";
import { mergeTypeOf } from "#apimachinery/apply/merge-type.ts";
import type { Versions } from "#apimachinery/apply/versions.ts";
import { assert } from "#apimachinery/assert.ts";
import { schemaOf } from "#apimachinery/schema.ts";
import { zeroOf } from "./versions-of.ts";

const known = new Map<string, Versions>();

/** `kind` is one of the schema table's. */
export function loneVersion(apiVersion: string, kind: string): Versions {
  const hit = known.get(kind);
  if (hit !== undefined) return hit;
  const struct = schemaOf(apiVersion, kind);
  assert(struct !== undefined, `the schema table knows ${kind}`);
  const reset = setOf();
  const own = { apiVersion, type: mergeTypeOf(struct), zero: zeroOf(apiVersion, kind), reset };
  const versions: Versions = {
    own,
    version: (asked) => (asked === apiVersion ? own : undefined),
    convert: (object) => object,
    convertBack: (object) => object,
  };
  known.set(kind, versions);
  return versions;
}
