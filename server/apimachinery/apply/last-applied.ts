/**
 * kubectl's client-side apply wrote its whole configuration into an annotation. When kubectl goes over to
 * server-side apply, what that annotation says and the object still says is no conflict; and while the
 * annotation is there, each apply by kubectl brings it up to date.
 */
import { annotationsBytesMax } from "#apimachinery/validate-object-meta.ts";
import { compare } from "./compare.ts";
import { difference, type FieldSet, leaf } from "./field-set.ts";
import { toFieldSet } from "./to-field-set.ts";
import { typedError } from "./typed-errors.ts";
import { type Fields, isFields } from "./values.ts";
import type { Version } from "./versions.ts";

export const lastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration";
/** The manager that is meant: others have no annotation. */
export const kubectl = "kubectl";

function annotationsOf(object: Fields): Fields {
  const metadata = object["metadata"];
  const annotations = isFields(metadata) ? metadata["annotations"] : undefined;
  return isFields(annotations) ? annotations : {};
}

function lastAppliedOf(object: Fields): string {
  const text = annotationsOf(object)[lastAppliedAnnotation];
  return typeof text === "string" ? text : "";
}

/** The fields that client-side apply set and nothing changed since; empty without the annotation. */
export function lastAppliedFields({ type, apiVersion }: Version, live: Fields): FieldSet {
  const text = lastAppliedOf(live);
  if (text === "") return leaf;
  let last: unknown;
  try {
    last = JSON.parse(text);
  } catch {
    return leaf;
  }
  if (!isFields(last) || last["apiVersion"] !== apiVersion) return leaf;
  if (typedError(type, last) !== undefined) return leaf;
  const { added, modified, removed } = compare(type, last, live);
  const fields = toFieldSet(type, last);
  return difference(difference(difference(fields, modified), added), removed);
}

/** JSON with sorted keys and a line end, as Go's encoder writes it. */
function goJson(value: unknown): string {
  const text = JSON.stringify(value, (_, held: unknown) =>
    isFields(held)
      ? Object.fromEntries(Object.entries(held).sort(([a], [b]) => (a < b ? -1 : 1)))
      : held,
  );
  const escaped = text.replace(/[<>&\u2028\u2029]/g, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\u${code.toString(16).padStart(4, "0")}`;
  });
  return `${escaped}\n`;
}

function withAnnotations(object: Fields, annotations: Fields | undefined): Fields {
  const metadata = isFields(object["metadata"]) ? object["metadata"] : {};
  const { annotations: _, ...rest } = metadata;
  return { ...object, metadata: annotations === undefined ? rest : { ...metadata, annotations } };
}

/** The configuration with its annotations, where it has any. */
function withSaid(config: Fields, said: Fields): Fields {
  if (!isFields(config["metadata"])) return config;
  return withAnnotations(config, isFields(config["metadata"]["annotations"]) ? said : undefined);
}

/** The object with its annotation, if it has one, telling of this configuration; left out where it is too long. */
export function withLastApplied(object: Fields, config: Fields): Fields {
  if (lastAppliedOf(object) === "") return object;
  const { [lastAppliedAnnotation]: _, ...said } = annotationsOf(config);
  const text = goJson(withSaid(config, said));
  const { [lastAppliedAnnotation]: __, ...others } = annotationsOf(object);
  const annotations = { ...others, [lastAppliedAnnotation]: text };
  const bytes = Object.entries(annotations).reduce(
    (sum, [name, value]) => sum + name.length + Buffer.byteLength(`${value}`),
    0,
  );
  return withAnnotations(object, bytes > annotationsBytesMax ? others : annotations);
}
