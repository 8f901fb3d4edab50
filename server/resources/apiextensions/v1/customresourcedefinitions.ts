import { formatTime } from "#apimachinery/time.ts";
import {
  type CustomResourceDefinition,
  customresourcedefinitions,
} from "#gen/api/apiextensions/v1.ts";
import { zeroTime } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import {
  definitionNameFaults,
  validateDefinitionStatus,
  validateDefinitionUpdate,
  validateNewDefinition,
} from "./definition-validation.ts";

import { formatWarnings } from "./schema-formats.ts";

/** The server's own: a definition goes when its objects are gone. */
export const cleanupFinalizer = "customresourcecleanup.apiextensions.k8s.io";

/** From now on objects are stored in this version too; those of before stay as they are. */
function noteStorage(definition: CustomResourceDefinition): void {
  const { spec, status } = definition;
  const stored = status?.storedVersions ?? [];
  // Of several, which are refused, the first.
  const current = (spec.versions ?? []).find(({ storage }) => storage)?.name;
  if (status === undefined || current === undefined || stored.includes(current)) return;
  definition.status = { ...status, storedVersions: [...stored, current] };
}

export const customResourceDefinitionResource = defineResource<CustomResourceDefinition>({
  ref: customresourcedefinitions,
  warnings: ({ spec }) => {
    const schemas = (spec.versions ?? []).map(({ schema }) => schema?.openAPIV3Schema);
    return [...new Set(schemas.flatMap((schema) => (schema ? formatWarnings(schema) : [])))];
  },
  validateName: definitionNameFaults,
  metaRules: { anyFinalizers: true, wholeOnUpdate: false },
  validate: validateNewDefinition,
  validateUpdate: validateDefinitionUpdate,
  validateStatusUpdate: validateDefinitionStatus,
  default: (definition) => {
    const { spec } = definition;
    spec.names.singular ||= (spec.names.kind ?? "").toLowerCase();
    if (spec.names.kind) spec.names.listKind ||= `${spec.names.kind}List`;
    spec.conversion ??= { strategy: "None" };
    const { service } = spec.conversion.webhook?.clientConfig ?? {};
    if (service !== undefined) service.port ??= 443;
  },
  prepareForCreate: (definition) => {
    const stored = (definition.spec.versions ?? []).filter(({ storage }) => storage);
    definition.status = {
      acceptedNames: { plural: "", kind: "" },
      storedVersions: stored.slice(0, 1).map(({ name }) => name),
    };
  },
  prepareForUpdate(definition, old) {
    keepStatus(definition, old);
    noteStorage(definition);
  },
  endOf: (definition, { now }) => {
    const { metadata, status } = definition;
    const terminating = {
      type: "Terminating",
      status: "True",
      lastTransitionTime: formatTime(now),
      reason: "InstanceDeletionPending",
      message:
        "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
    };
    return {
      ...definition,
      metadata: { ...metadata, finalizers: [...(metadata.finalizers ?? []), cleanupFinalizer] },
      status: { ...status, conditions: [...(status.conditions ?? []), terminating] },
    };
  },
  allowUnconditionalUpdate: false,
  cells: ({ metadata, spec, status }) => {
    const { acceptedNames, conditions } = status ?? {};
    const established = conditions?.find(({ type }) => type === "Established");
    return [
      metadata.name,
      spec.scope,
      (spec.versions ?? [])
        .map(({ name, storage }) => (storage ? `${name}(storage)` : name))
        .join(","),
      metadata.creationTimestamp ?? zeroTime,
      spec.group,
      spec.names.kind,
      (acceptedNames?.shortNames ?? spec.names.shortNames ?? []).join(","),
      established?.status === "True",
    ];
  },
});
