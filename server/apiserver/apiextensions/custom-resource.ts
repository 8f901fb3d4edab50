/** A version of a definition as the generic path serves it: a Resource like the built-in ones, and its Endpoint. */
import { takeInMetadata } from "#apimachinery/codec/json.ts";
import { deepCopy } from "#apimachinery/deep-copy.ts";
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { forbidden } from "#apimachinery/status.ts";
import { type Endpoint, endpointId } from "#apiserver/endpoint.ts";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresourceScale,
  JSONSchemaProps,
} from "#gen/api/apiextensions/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef, SubresourceRef } from "#gen/api/resource-ref.ts";
import { prune } from "#resources/apiextensions/v1/values/pruning.ts";
import {
  type Fields,
  isFields,
  schemaOfVersion,
} from "#resources/apiextensions/v1/values/schema.ts";
import { schemaErrors } from "#resources/apiextensions/v1/values/validation.ts";
import type { Resource, ScaleMapping, StoredAs } from "#resources/resource.ts";
import { applyDefaults } from "./defaulting.ts";
import { fieldNames, parseJsonPath, valuesAt } from "./json-path.ts";
import { mergeTypeOfVersion } from "./merge-type.ts";
import { printerColumns } from "./printer-columns.ts";

type Version = CustomResourceDefinitionVersion;

const verbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
const partVerbs = ["get", "patch", "update"];

/** The version that objects are stored in. */
function storageVersion({ spec }: CustomResourceDefinition): Version | undefined {
  return spec.versions.find(({ storage }) => storage);
}

function subresourcesOf({ spec }: CustomResourceDefinition, version: Version): SubresourceRef[] {
  const { status, scale } = version.subresources ?? {};
  const own = { group: spec.group, version: version.name, kind: spec.names.kind };
  const foreign = { group: "autoscaling", version: "v1", kind: "Scale" };
  return [
    ...(status === undefined ? [] : [{ name: "status", ...own, verbs: partVerbs }]),
    ...(scale === undefined ? [] : [{ name: "scale", ...foreign, verbs: partVerbs }]),
  ];
}

/** As discovery tells it: with the names that were accepted. */
function refOf(definition: CustomResourceDefinition, version: Version): ResourceRef {
  const { spec, status } = definition;
  const names = status.acceptedNames ?? spec.names;
  return {
    group: spec.group,
    version: version.name,
    plural: spec.names.plural,
    singular: names.singular ?? "",
    kind: spec.names.kind,
    namespaced: spec.scope === "Namespaced",
    verbs,
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    storageVersionHash: "",
    subresources: subresourcesOf(definition, version),
  };
}

/** The served versions, as discovery tells them. */
export function refsOfDefinition(definition: CustomResourceDefinition): readonly ResourceRef[] {
  return definition.spec.versions
    .filter(({ served }) => served)
    .map((version) => refOf(definition, version));
}

function numberAt(object: unknown, path: string | undefined): number | undefined {
  const [value] = valuesAt(object, parseJsonPath(path ?? "") ?? []);
  return typeof value === "number" ? value : undefined;
}

function scaleMapping(scale: CustomResourceSubresourceScale): ScaleMapping<KubeObject> {
  const names = fieldNames(parseJsonPath(scale.specReplicasPath)) ?? [];
  return {
    replicasPath: names.map((name) => `f:${name}`),
    read(object) {
      const specReplicas = numberAt(object, scale.specReplicasPath);
      const labels = parseJsonPath(scale.labelSelectorPath ?? "") ?? [];
      const [selector] = labels.length === 0 ? [] : valuesAt(object, labels);
      return {
        specReplicas: specReplicas ?? 0,
        statusReplicas: numberAt(object, scale.statusReplicasPath) ?? 0,
        selector: typeof selector === "string" ? selector : "",
        ...(specReplicas === undefined ? { absent: scale.specReplicasPath } : {}),
      };
    },
    write(object, replicas) {
      // A custom resource is whatever its schema says: fields by name.
      let at = object as unknown as Fields;
      for (const name of names.slice(0, -1)) {
        const inner = at[name];
        const next: Fields = isFields(inner) ? inner : {};
        at[name] = next;
        at = next;
      }
      at[names.at(-1) ?? ""] = replicas;
    },
  };
}

/** Everything but metadata; a status that has a path of its own is no desire. */
function desires(object: KubeObject, separateStatus: boolean): object {
  const { metadata: _, apiVersion: __, ...rest } = object;
  return separateStatus ? { ...rest, status: undefined } : rest;
}

function selectable(version: Version): Pick<Resource, "selectableFields"> {
  const paths = (version.selectableFields ?? []).map(({ jsonPath }) => jsonPath);
  const parsed = paths.map((path) => [path.replace(/^\./, ""), parseJsonPath(path) ?? []] as const);
  return {
    selectableFields: (object) =>
      Object.fromEntries(
        parsed.map(([name, path]) => {
          const [value] = valuesAt(object, path);
          return [name, value === undefined || value === null ? "" : String(value)];
        }),
      ),
  };
}

function validation(version: Version): Pick<Resource, "validate" | "validateUpdate"> {
  const schema = schemaOfVersion(version);
  // Metadata is validated as that of every object; its schema here may only narrow the name.
  const errorsOf = (object: KubeObject, old: KubeObject | undefined) =>
    schemaErrors(object, schema, { path: "", old });
  return {
    validate: (object) => errorsOf(object, undefined),
    validateUpdate: errorsOf,
  };
}

/** Throws Forbidden: what is on its way out takes no more objects. */
function refuseWhileEnding(
  { metadata }: CustomResourceDefinition,
  { group, plural }: ResourceRef,
  object: KubeObject,
): void {
  if (metadata.deletionTimestamp === undefined) return;
  const why = "create not allowed while custom resource definition is terminating";
  throw forbidden({ group, resource: plural, name: object.metadata.name }, why);
}

/** An object within an object is whatever it says it is; its metadata is that of all. */
const takeInEmbedded = (object: Fields): string[] =>
  takeInMetadata(object as unknown as KubeObject);

function customResource(definition: CustomResourceDefinition, version: Version): Resource {
  const ref = refOf(definition, version);
  const schema = schemaOfVersion(version);
  const separateStatus = version.subresources?.status !== undefined;
  const scale = version.subresources?.scale;
  const rules = validation(version);
  const storedAs = conversionOf(definition, ref, schema);
  return {
    ref,
    storedAs,
    ...printerColumns(version.additionalPrinterColumns),
    ...selectable(version),
    ...rules,
    ...(rules.validateUpdate === undefined ? {} : { validateStatusUpdate: rules.validateUpdate }),
    takeIn(object) {
      const unknownMetadata = takeInMetadata(object);
      return [...unknownMetadata, ...prune(object, schema, takeInEmbedded)];
    },
    default: (object) => applyDefaults(object, schema),
    prepareForCreate(object) {
      refuseWhileEnding(definition, ref, object);
      if (separateStatus && "status" in object) delete object.status;
    },
    raisesGeneration: (object, old) =>
      // What a default has added since was never asked for.
      !deepEqual(
        desires(object, separateStatus),
        desires(storedAs.fromStored(old), separateStatus),
      ),
    allowUnconditionalUpdate: false,
    metaRules: { anyFinalizers: true, wholeOnUpdate: false },
    ...(scale === undefined ? {} : { scale: scaleMapping(scale) }),
  };
}

function deprecationOf(version: Version, { ref }: Resource): string | undefined {
  if (version.deprecated !== true) return undefined;
  const { group, kind } = ref;
  return version.deprecationWarning ?? `${group}/${version.name} ${kind} is deprecated`;
}

/**
 * Reading brings stored objects into a version: pruned and defaulted as the version says that they are stored in,
 * renamed, and pruned again; writing stores the storage version.
 */
function conversionOf(
  definition: CustomResourceDefinition,
  { group, version, ...names }: ResourceRef,
  schema: JSONSchemaProps,
): StoredAs<KubeObject> {
  const stored = storageVersion(definition)?.name ?? version;
  const apiVersion = `${group}/${version}`;
  const storedVersion = `${group}/${stored}`;
  const schemas = new Map(
    definition.spec.versions.map((one) => [`${group}/${one.name}`, schemaOfVersion(one)]),
  );
  return {
    ref: { ...names, group, version: stored },
    toStored: (object) =>
      object.apiVersion === storedVersion ? object : { ...object, apiVersion: storedVersion },
    fromStored(object) {
      const shown = deepCopy(object);
      const asStored = schemas.get(object.apiVersion);
      if (asStored !== undefined) {
        prune(shown, asStored);
        applyDefaults(shown, asStored);
      }
      shown.apiVersion = apiVersion;
      prune(shown, schema);
      return shown;
    },
  };
}

/** The endpoint of one served version. */
export function customEndpoint(
  definition: CustomResourceDefinition,
  version: Version,
  ends: AbortSignal,
): Endpoint {
  const resource = customResource(definition, version);
  const { ref } = resource;
  const { uid = "", generation = 0 } = definition.metadata;
  const id = endpointId({ group: ref.group, version: ref.version, resource: ref.plural });
  return {
    ref,
    apiVersion: `${ref.group}/${ref.version}`,
    addressed: resource,
    resource,
    custom: true,
    mergeType: mergeTypeOfVersion(version),
    deprecation: deprecationOf(version, resource),
    ends,
    conversion: resource.storedAs,
    form: `@${id}@${uid}@${generation}`,
  };
}
